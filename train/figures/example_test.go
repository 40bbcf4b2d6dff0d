package figures_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"abtool/internal/stat"
	"abtool/train/data"
	"abtool/train/experiment"
	"abtool/train/figures"
)

func ExampleCurves() {
	dir, err := os.MkdirTemp("", "figures-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	const epochs = `{"event": "epoch", "epoch": 1, "class_loss": 2.1, "point_loss": 0.03, "val": {"class_loss": {"value": 2}, "top1": {"value": 0.3}}}
{"event": "epoch", "epoch": 2, "class_loss": 1.4, "point_loss": 0.02, "val": {"class_loss": {"value": 1.6}, "top1": {"value": 0.45}}}
`
	if err := os.WriteFile(filepath.Join(dir, "log.jsonl"), []byte(epochs), 0o666); err != nil {
		log.Fatal(err)
	}
	if err := figures.Curves(dir); err != nil {
		log.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "curves*"))
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range files {
		fmt.Println(filepath.Base(f))
	}
	// Output:
	// curves-dark.png
	// curves-dark.svg
	// curves.png
	// curves.svg
}

func ExampleLambda() {
	score := func(mean float64) experiment.Sample {
		return experiment.Sample{Mean: stat.Number(mean), Interval: &stat.Interval{Low: mean - 0.02, High: mean + 0.02}}
	}
	f := figures.Lambda(&experiment.Result{Measure: "top-1", Seeds: []uint64{1, 2, 3}, Cells: []experiment.Cell{
		{Supervision: data.None, Evaluation: "test", Score: score(0.52)},
		{Supervision: data.LUAB, Lambda: 0.1, Evaluation: "test", Score: score(0.53)},
		{Supervision: data.LUAB, Lambda: 1, Evaluation: "test", Score: score(0.58)},
		{Supervision: data.Rand, Lambda: 0.1, Evaluation: "test", Score: score(0.51)},
		{Supervision: data.Rand, Lambda: 1, Evaluation: "test", Score: score(0.52)},
	}})
	fmt.Println(f.Title)
	fmt.Println(f.Caption)
	fmt.Println(f.Alt)
	// Output:
	// Accuracy by lambda
	// Mean over 3 seeds with 95 % intervals (Student's t). Dashed: without points.
	// Accuracy by lambda: test: top-1
}
