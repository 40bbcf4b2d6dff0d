//go:build xla

package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"abtool/train/engine"
	"abtool/train/engine/xla"
)

// options has the flags of all parts.
type options struct {
	xla         xla.Options
	out         string
	arch        string
	size, batch int
	steps, warm int
	images      int
	tolerance   float64
}

var parts = map[string]func(options) (any, error){
	"devices": devices, "parity": parity, "speed": speed, "loader": loader, "feed": feed, "train": train, "resume": resume,
}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "gpucheck:", err)
		os.Exit(1)
	}
}

func run(args []string, w io.Writer) error {
	var o options
	f := flag.NewFlagSet("gpucheck PART", flag.ContinueOnError)
	f.StringVar(&o.xla.Plugin, "engine", "", "PJRT plugin, or go (default: the plugin that is found)")
	f.StringVar(&o.xla.Python, "python", "", "Python whose JAX has the plugin")
	precision := f.String("precision", "", "tf32, float32 or bf16")
	f.IntVar(&o.xla.Devices, "devices", 1, "number of devices that share a batch")
	f.StringVar(&o.out, "out", "", "folder of a run (train, resume)")
	f.StringVar(&o.arch, "arch", "resnet50", "network (speed, feed)")
	f.IntVar(&o.size, "size", 224, "pixels (speed, loader, feed; an upper limit for parity, train and resume)")
	f.IntVar(&o.batch, "batch", 128, "images in a batch (speed, loader, feed)")
	f.IntVar(&o.steps, "steps", 50, "steps that are measured (speed; feed: at most 20)")
	f.IntVar(&o.warm, "warm", 5, "steps before those that are measured (speed)")
	f.IntVar(&o.images, "images", 512, "images (loader, feed, train, resume)")
	f.Float64Var(&o.tolerance, "tolerance", 1e-3, "largest relative distance from the CPU engine (parity, resume)")
	if len(args) == 0 || parts[args[0]] == nil {
		return fmt.Errorf("give a part: devices, parity, speed, loader, feed, train or resume")
	}
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	o.xla.Precision = xla.Precision(*precision)
	result, err := parts[args[0]](o)
	if result != nil {
		if err := json.NewEncoder(w).Encode(result); err != nil {
			return err
		}
	}
	return err
}

func (o options) engine(c engine.Config) (engine.Engine, error) { return xla.New(c, o.xla) }

func devices(o options) (any, error) {
	r, err := xla.Look(o.xla)
	if err != nil {
		return nil, err
	}
	return r, nil
}

// needOut returns an error if -out is missing, for parts that write a run.
func (o options) needOut() error {
	if strings.TrimSpace(o.out) == "" {
		return fmt.Errorf("-out is missing: the folder of the run")
	}
	return nil
}
