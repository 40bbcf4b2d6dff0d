package analysis

import (
	"context"

	"abtool/analysis/result"
)

// Examples returns example images, chosen by a hash of their ids. ImageNet examples have a box, a final
// click and a trace, and every third is a miss if there are enough misses; COCO examples are pages with
// icons. If the options name images, those that lack any of this are left out.
func Examples(ctx context.Context, store string, o result.ExampleOptions) ([]result.Example, error) {
	if o.N == 0 {
		o.N = len(o.Images)
	}
	sets, err := setsOf(store, "")
	if err != nil {
		return nil, err
	}
	var out []result.Example
	for _, set := range sets {
		mine, err := set.examples(ctx, store, o)
		if err != nil {
			return nil, err
		}
		out = append(out, mine...)
	}
	return out, nil
}
