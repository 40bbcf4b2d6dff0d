package shell_test

import (
	"context"
	"log"
	"os"

	"abtool/internal/teststore"
	"abtool/query"
	"abtool/query/shell"
)

func Example() {
	ctx := context.Background()
	store, remove := teststore.Temporary(ctx, teststore.Options{Images: 20, Pages: 5})
	defer remove()
	db, err := query.Open(ctx, store, query.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	session, err := db.Session(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()
	r := &shell.Runner{
		Session: session,
		Params:  query.Params{"least": 1},
		Printer: &shell.Printer{W: os.Stdout, Mode: "box"},
		Notes:   os.Stderr,
	}
	const ask = "SELECT count(*) AS images FROM imagenet_images WHERE shown >= $least"
	if err := r.Run(ctx, ask, "", nil); err != nil {
		log.Fatal(err)
	}
	// Output:
	// ┌────────┐
	// │ images │
	// │ int64  │
	// ├────────┤
	// │     19 │
	// └────────┘
}
