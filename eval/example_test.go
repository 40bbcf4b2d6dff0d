package eval_test

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log"
	"os"
	"path/filepath"

	"abtool/eval"
	"abtool/eval/outputs"
	"abtool/eval/sets"
	"abtool/train/arch"
	"abtool/train/engine"
	"abtool/train/engine/gorgonia"
	"abtool/train/weights"
)

// A file of weights is evaluated on a folder that has a folder for each class.
func ExampleRun() {
	dir, err := os.MkdirTemp("", "abtool-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	write(dir)

	n, err := eval.OpenNetwork(eval.NetworkOptions{
		Arch: "cnn5", Weights: filepath.Join(dir, "cnn5.safetensors"), Classes: filepath.Join(dir, "classes.txt"),
		View: "resize-crop:72:bilinear",
		New:  func(c engine.Config) (engine.Engine, error) { return gorgonia.New(c) },
	})
	if err != nil {
		log.Fatal(err)
	}
	defer n.Close()
	opened, err := sets.Open([]string{"folder=" + filepath.Join(dir, "images")}, n.Classes)
	if err != nil {
		log.Fatal(err)
	}
	out := filepath.Join(dir, "outputs.parquet")
	if _, err := eval.Run(context.Background(), n, opened.Sets, eval.Options{Out: out}); err != nil {
		log.Fatal(err)
	}

	f, err := outputs.Open(out)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	for _, s := range f.About.Sets {
		fmt.Printf("%s on %s: %d images, view %s\n", f.About.Network, s.Name, s.Images, s.View)
	}
	for r, err := range f.Rows() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(r.Path, "is of class", r.Labels[0])
	}
	// Output:
	// cnn5 on folder: 2 images, view resize-crop:72:bilinear
	// cat/1.png is of class 0
	// dog/1.png is of class 1
}

// write writes weights, classes and images.
func write(dir string) {
	a, err := arch.New("cnn5", arch.Options{Classes: 2})
	if err != nil {
		log.Fatal(err)
	}
	if err := weights.WriteFile(filepath.Join(dir, "cnn5.safetensors"), a.Init(1)); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "classes.txt"), []byte("cat\ndog\n"), 0o666); err != nil {
		log.Fatal(err)
	}
	for i, class := range []string{"cat", "dog"} {
		m := image.NewGray(image.Rect(0, 0, 80, 70))
		m.SetGray(i, i, color.Gray{200})
		folder := filepath.Join(dir, "images", class)
		if err := os.MkdirAll(folder, 0o777); err != nil {
			log.Fatal(err)
		}
		f, err := os.Create(filepath.Join(folder, "1.png"))
		if err != nil {
			log.Fatal(err)
		}
		if err := png.Encode(f, m); err != nil {
			log.Fatal(err)
		}
		f.Close()
	}
}
