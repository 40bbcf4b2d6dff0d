package weights_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"abtool/train/arch"
	"abtool/train/weights"
)

// A network with other classes takes the weights of a file that fit.
func ExampleFit() {
	dir, err := os.MkdirTemp("", "abtool-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	network := func(classes int) *weights.Set {
		a, err := arch.New("cnn5", arch.Options{Classes: classes})
		if err != nil {
			log.Fatal(err)
		}
		return a.Init(1)
	}
	file := filepath.Join(dir, "cnn5.safetensors")
	if err := weights.WriteFile(file, network(10)); err != nil {
		log.Fatal(err)
	}
	set, err := weights.ReadFile(file)
	if err != nil {
		log.Fatal(err)
	}
	mine := network(2)
	fmt.Println(weights.Fit(mine, set))
	// Output:
	// 25 tensors loaded; left out fc.weight: its shape is [10 128], the model's [2 128]; left out fc.bias: its shape is [10], the model's [2]
}
