package client

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"abtool/internal/synth"
)

func TestTruth(t *testing.T) {
	for _, simulate := range []func(context.Context, synth.Options) (synth.Result, error){synth.ImageNet, synth.COCO} {
		dir := t.TempDir()
		images := filepath.Join(dir, "images")
		if _, err := simulate(context.Background(), synth.Options{Images: 12, Out: filepath.Join(dir, "data"), ImagesOut: images}); err != nil {
			t.Fatal(err)
		}
		see, err := Truth(images, filepath.Join(dir, "data", "truth", "images.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		n, seen := 0, 0
		err = filepath.WalkDir(images, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			s := see(b)
			if n++; s.Class == "" && len(s.Objects) == 0 {
				return err
			}
			seen++
			if s.Class != "" && (s.Class != filepath.Base(filepath.Dir(path)) || s.Box[0] >= s.Box[2] || s.Box[3] > 1) {
				t.Errorf("%s shows %+v", path, s)
			}
			for _, o := range s.Objects {
				if o.X <= 0 || o.X >= 1 || o.Width > 1 {
					t.Errorf("%s shows %+v", path, o)
				}
			}
			return err
		})
		if err != nil || n != 12 || seen < 10 {
			t.Errorf("%d images, %d of them show something; error %v", n, seen, err)
		}
		if s := see([]byte("other")); s.Class != "" {
			t.Errorf("other bytes show %+v", s)
		}
	}
}
