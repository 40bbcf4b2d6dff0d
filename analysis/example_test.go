package analysis_test

import (
	"context"
	"fmt"
	"log"

	"abtool/analysis"
	"abtool/analysis/result"
	"abtool/internal/teststore"
)

func ExampleRun() {
	ctx := context.Background()
	store, remove := teststore.Temporary(ctx, teststore.Options{Images: 200})
	defer remove()
	d, err := analysis.Run(ctx, store, result.Options{Names: []string{"click_accuracy"}})
	if err != nil {
		log.Fatal(err)
	}
	v := d.DataSets[0].Statistics[0].Value("accuracy")
	fmt.Printf("%.2f, 95 %% interval %.2f to %.2f, of %d %s\n", v.Value, v.Interval.Low, v.Interval.High, v.N, v.Of)
	// Output:
	// 0.91, 95 % interval 0.81 to 0.97, of 171 images with a box and a final click
}
