package data_test

import (
	"context"
	"fmt"
	"image"
	"log"

	"abtool/features/targetfile"
	"abtool/train/data"
)

func Example() {
	src := &data.Memory{}
	var targets []targetfile.Target
	for i := range 4 {
		id, class := fmt.Sprintf("image%d", i), []string{"cat", "dog"}[i%2]
		src.Add(data.Item{ID: id, Class: class}, image.NewRGBA(image.Rect(0, 0, 64, 48)))
		targets = append(targets, targetfile.Target{Image: id, Class: class, X: 0.5, Y: 0.25, Weight: 1, Label: true})
	}
	set, err := data.NewSet(src, targets, data.SetOptions{})
	if err != nil {
		log.Fatal(err)
	}
	l, err := data.NewLoader(set, data.LoaderOptions{Size: 32, Batch: 2, Train: true, Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	for b := range l.Epoch(context.Background(), 0, 0) {
		fmt.Println(b.IDs, b.Target.Labels)
	}
	// Output:
	// [image1 image2] [1 0]
	// [image3 image0] [1 0]
}
