package schema_test

import (
	"context"
	"fmt"
	"log"
	"path/filepath"

	"github.com/parquet-go/parquet-go"

	"abtool/internal/teststore"
	"abtool/schema"
)

// The row types read the tables of a store.
func Example() {
	store, remove := teststore.Temporary(context.Background(), teststore.Options{Images: 20})
	defer remove()
	rows, err := parquet.ReadFile[schema.ImageNetAnnotation](filepath.Join(store, "imagenet", "annotations.parquet"))
	if err != nil {
		log.Fatal(err)
	}
	for _, a := range rows[:3] {
		fmt.Println(a.ImageID, len(a.Mouse), "samples,", len(a.Clicks), "clicks")
	}
	// Output:
	// n01440764_2 27 samples, 2 clicks
	// n01440764_11 16 samples, 1 clicks
	// n01440764_20 19 samples, 1 clicks
}
