//go:build unix

package data

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"strconv"
	"syscall"
	"testing"
	"time"

	"abtool/features"
	"abtool/internal/photo"
)

// BenchmarkLoader measures random crops of 224 pixels, in images per second of processor time: of
// photographs of ImageNet's typical size, 500 × 375, and of large ones. For comparison it measures how long Go's
// decoder alone takes for whole images. "go run ./internal/bench -only loader" compares builds.
func BenchmarkLoader(b *testing.B) {
	for _, c := range []struct{ width, height int }{{500, 375}, {1600, 1200}} {
		file, err := photo.JPEG(7, c.width, c.height, 90)
		if err != nil {
			b.Fatal(err)
		}
		run := func(name string, image func(b *testing.B)) {
			b.Run(fmt.Sprintf("%dx%d/%s", c.width, c.height, name), func(b *testing.B) {
				b.ReportAllocs()
				began := processorTime(b)
				for b.Loop() {
					image(b)
				}
				b.ReportMetric(float64(b.N)/(processorTime(b)-began).Seconds(), "images/s")
				b.ReportMetric(float64(len(file)), "bytes/image")
			})
		}
		for _, reduced := range []bool{false, true} {
			if reduced && !reduces {
				continue
			}
			var z resizer
			var decoder jpegDecoder
			rng := rand.New(rand.NewPCG(7, 8)) // the same crops for all
			out := make([]byte, 3*224*224)
			run(map[bool]string{false: "whole", true: "reduced"}[reduced], func(b *testing.B) {
				o, err := open(file)
				if err != nil {
					b.Fatal(err)
				}
				c, err := features.RandomCrop(rng, o.width, o.height, features.CropOptions{})
				if err != nil {
					b.Fatal(err)
				}
				eighths := 8
				if reduced {
					eighths = eighthsFor(c, 224)
				}
				m, eighths, err := o.above(&decoder, c.Y+c.H, eighths)
				if err != nil {
					b.Fatal(err)
				}
				z.crop(m, eighths, c, 224, out)
			})
		}
		run("image-jpeg", func(b *testing.B) {
			if _, err := jpeg.Decode(bytes.NewReader(file)); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkEpoch reports what an epoch of batches of 128 images of 224 pixels allocates, with and without Reuse.
func BenchmarkEpoch(b *testing.B) {
	src := &Memory{}
	m := image.NewYCbCr(image.Rect(0, 0, 256, 256), image.YCbCrSubsampleRatio420)
	for i := range 1280 {
		src.Add(Item{ID: strconv.Itoa(i), Class: strconv.Itoa(i % 2)}, m)
	}
	set, err := NewSet(src, nil, SetOptions{})
	if err != nil {
		b.Fatal(err)
	}
	for _, reuse := range []bool{false, true} {
		b.Run(map[bool]string{false: "new", true: "reused"}[reuse], func(b *testing.B) {
			l, err := NewLoader(set, LoaderOptions{Size: 224, Batch: 128, Train: true, Seed: 1})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for k := 0; b.Loop(); k++ {
				for batch := range l.Epoch(b.Context(), k, 0) {
					if reuse {
						l.Reuse(batch)
					}
				}
			}
		})
	}
}

// processorTime returns the time that all threads of this process have computed.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
