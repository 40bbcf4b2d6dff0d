package reports_test

import (
	"context"
	"fmt"
	"log"
	"path/filepath"

	"abtool/internal/teststore"
	"abtool/reports"
)

func ExampleMake() {
	ctx := context.Background()
	store, remove := teststore.Temporary(ctx, teststore.Options{Images: 50})
	defer remove()
	out := filepath.Join(filepath.Dir(store), "report")
	r, err := reports.Make(ctx, store, reports.Options{Out: out, Only: []string{"imagenet-maps"}})
	if err != nil {
		log.Fatal(err)
	}
	for _, name := range r.Files {
		fmt.Println(name)
	}
	// Output:
	// figures/imagenet-maps-dark.png
	// figures/imagenet-maps-dark.svg
	// figures/imagenet-maps.png
	// figures/imagenet-maps.svg
	// index.html
	// report.md
	// stats.json
}
