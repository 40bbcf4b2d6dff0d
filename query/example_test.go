package query_test

import (
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"log"

	"abtool/internal/teststore"
	"abtool/query"
)

func Example() {
	ctx := context.Background()
	store, remove := teststore.Temporary(ctx, teststore.Options{Images: 200})
	defer remove()
	db, err := query.Open(ctx, store, query.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	s, err := db.Session(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	rows, err := s.Query(ctx, "SELECT count(*) AS images, round(avg(hit::INT), 2) AS hit FROM imagenet_localization", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer rows.Close()
	row := make([]driver.Value, len(rows.Columns))
	for {
		err := rows.Next(row)
		if err == io.EOF {
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(row[0], row[1])
	}
	// Output:
	// 171 0.91
}
