package arch_test

import (
	"fmt"
	"log"

	"abtool/train/arch"
)

func ExampleNew() {
	a, err := arch.New("resnet18", arch.Options{Classes: 1000, PointOutputs: 2})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(a.Size, "pixels,", a.Count(false), "weights")
	for _, p := range a.Params()[:3] {
		fmt.Println(p.Name, p.Shape)
	}
	// Output:
	// 224 pixels, 11689512 weights
	// conv1.weight [64 3 7 7]
	// bn1.weight [64]
	// bn1.bias [64]
}
