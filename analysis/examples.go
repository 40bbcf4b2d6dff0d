package analysis

import (
	"context"

	"abtool/analysis/result"
)

// Examples takes images by a hash of their ids: of ImageNet with a box, a final click and a
// trace, every third of them a miss if there are enough; of COCO pages with icons. Of the images
// that options name, those without these are left out.
func Examples(ctx context.Context, store string, o result.ExampleOptions) ([]result.Example, error) {
	if o.N == 0 {
		o.N = len(o.Images)
	}
	sets, err := setsOf(store)
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
