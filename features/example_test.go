package features_test

import (
	"context"
	"fmt"
	"log"
	"path/filepath"

	"abtool/features"
	"abtool/internal/teststore"
)

func ExampleEach() {
	ctx := context.Background()
	store, remove := teststore.Temporary(ctx, teststore.Options{Images: 3})
	defer remove()
	err := features.Each(ctx, store, features.Options{Rules: []string{"final-click"}}, func(t *features.Target) error {
		fmt.Printf("%s %.2f %.2f weight %v\n", t.Image, t.X, t.Y, t.Weight)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// n01440764_2 0.48 0.52 weight 1
	// n01440764_11 0.52 0.35 weight 1
	// n01440764_20 0.39 0.64 weight 1
}

func ExampleWrite() {
	ctx := context.Background()
	store, remove := teststore.Temporary(ctx, teststore.Options{Images: 30})
	defer remove()
	out := filepath.Join(filepath.Dir(store), "targets.parquet")
	o := features.WriteOptions{Options: features.Options{Rules: []string{"final-click", "first-click"}, SplitBy: "image"}}
	sum, err := features.Write(ctx, store, out, o)
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range append(sum.Rules, sum.Splits...) {
		fmt.Println(c.Name, c.Rows)
	}
	// Output:
	// final-click 25
	// first-click 25
	// train 38
	// val 6
	// test 6
}
