package analysis_test

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"abtool/analysis"
	"abtool/analysis/result"
)

// Examples are the same on any number of goroutines, are what they say, and depend on the seed.
func TestExamples(t *testing.T) {
	take := func(o result.ExampleOptions) []result.Example {
		t.Helper()
		list, err := analysis.Examples(context.Background(), sampleStore(t), o)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	list := take(result.ExampleOptions{N: 6, Seed: 1, Jobs: 1})
	if again := take(result.ExampleOptions{N: 6, Seed: 1, Jobs: 4}); !reflect.DeepEqual(list, again) {
		t.Error("another number of goroutines gives other examples")
	}
	if other := take(result.ExampleOptions{N: 6, Seed: 2}); reflect.DeepEqual(list, other) {
		t.Error("the seed does not matter")
	}
	sets := map[string]int{}
	for _, x := range list {
		sets[x.Set]++
		if len(x.Samples) < 8 || len(x.Events) == 0 || x.Hits+x.Misses == 0 || x.Width <= 0 {
			t.Errorf("%s %s: %d samples, %d events", x.Set, x.Image, len(x.Samples), len(x.Events))
		}
		if x.Set == "imagenet" {
			inside := false
			click := x.Events[len(x.Events)-1]
			for _, b := range x.Boxes {
				inside = inside || click.X >= b.X0 && click.X <= b.X1 && click.Y >= b.Y0 && click.Y <= b.Y1
			}
			if inside != (x.Hits == 1) || click.Kind != "click" {
				t.Errorf("%s: the click is in a box: %v; hits %d", x.Image, inside, x.Hits)
			}
		}
		for i := 1; i < len(x.Events); i++ {
			if x.Events[i].T < x.Events[i-1].T {
				t.Errorf("%s: events are out of order", x.Image)
			}
		}
	}
	if sets["imagenet"] != 6 || sets["coco"] != 6 {
		t.Errorf("examples by data set: %v", sets)
	}
	if misses := list[2].Misses; misses != 1 {
		t.Error("every third example is a miss")
	}
}

// Named images are taken, in the order of their chance, and no others.
func TestExamplesNamed(t *testing.T) {
	take := func(o result.ExampleOptions) (ids []string) {
		t.Helper()
		list, err := analysis.Examples(context.Background(), sampleStore(t), o)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range list {
			ids = append(ids, x.Image)
		}
		slices.Sort(ids)
		return ids
	}
	want := take(result.ExampleOptions{N: 5})
	if have := take(result.ExampleOptions{Images: append([]string{"none of this name"},
		want...)}); len(want) != 10 || !slices.Equal(have, want) {
		t.Errorf("%v, want %v", have, want)
	}
}
