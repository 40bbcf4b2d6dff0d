package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"abtool/internal/stat"
)

// loader measures how fast train reads JPEGs, with the decoder of Go's library, with libjpeg-turbo, and with
// libjpeg-turbo at reduced sizes. It runs the benchmark of train/data, built with and without the tag turbojpeg,
// in turns.
func (b *bench) loader() error {
	with := map[bool]string{false: filepath.Join(b.dir, "loader-go"), true: filepath.Join(b.dir, "loader-turbo")}
	for turbo, name := range with {
		args := []string{"test", "-c", "-o", name, "./train/data"}
		if turbo {
			args = append(args, "-tags", "turbojpeg")
		}
		if err := b.quiet("go", args...); err != nil {
			return err
		}
	}
	columns := []struct {
		name, benchmark string
		turbo           bool
	}{{"Go's image/jpeg alone, the whole image", "image-jpeg", false}, {"image/jpeg", "whole", false}, {"libjpeg-turbo", "whole", true}, {"libjpeg-turbo, reduced", "reduced", true}}
	for _, size := range []string{"500x375", "1600x1200"} {
		rates, ratios := make([][]float64, len(columns)), make([][]float64, len(columns))
		for range b.runs {
			for turbo, name := range with {
				measured, err := benchmark(name, "BenchmarkLoader/"+size)
				if err != nil {
					return err
				}
				for i, c := range columns {
					if c.turbo == turbo {
						rates[i] = append(rates[i], measured[c.benchmark])
					}
				}
			}
			for i, r := range rates {
				last := len(r) - 1
				ratios[i] = append(ratios[i], r[last]/rates[1][last])
			}
		}
		fmt.Printf("JPEGs of %s pixels to random crops of 224\n\n| | images a second of one processor's time | ratio |\n|---|---|---|\n", size)
		for i, c := range columns {
			fmt.Printf("| %s | %.0f | %.2f |\n", c.name, stat.Median(rates[i]), stat.Median(ratios[i]))
		}
		fmt.Println()
	}
	return nil
}

// benchmark runs the benchmarks below a name, with one processor, and returns the images per second of each by
// the last part of its name.
func benchmark(program, name string) (map[string]float64, error) {
	out, err := exec.Command(program, "-test.run=^$", "-test.bench="+name, "-test.benchtime="+time.Second.String(), "-test.cpu=1").Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", program, err, out)
	}
	rates := map[string]float64{}
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		fields := strings.Fields(s.Text())
		for i, unit := range fields {
			if unit == "images/s" {
				if rates[fields[0][strings.LastIndex(fields[0], "/")+1:]], err = strconv.ParseFloat(fields[i-1], 64); err != nil {
					return nil, err
				}
			}
		}
	}
	return rates, nil
}
