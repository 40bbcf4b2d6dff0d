package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"abtool/eval/view"
	"abtool/internal/ui"
	"abtool/internal/usage"
	"abtool/train/export"
	runs "abtool/train/run"
)

type exportOptions struct {
	target, weights, out string
	detector, force      bool
	json                 bool
}

func exportCommand(s streams) *cobra.Command {
	var o exportOptions
	c := &cobra.Command{
		Use:   "export RUN --for PROGRAM --out FILE",
		Short: "Write a trained network for another program",
		Long: `Write the weights of a run under the names that another program loads them by:

  torchvision   the backbone of a detector, a ResNet without its class head
  mmdetection   the same for MMDetection; it reads .pth only
  timm          a model of timm, a ResNet or a vit_…_patch16_224, with its class head
  onnx          the whole network with both heads, for onnxruntime and others that run ONNX

The point head is in onnx alone. Each name and shape is checked against the network. FILE ends in
.safetensors, or in .pth for PyTorch's own format, or in .onnx. A .safetensors file also says its
architecture, size, view and classes, which abtool eval --weights reads. docs/guide/detection.md
says how to load it into a detector, and docs/guide/python.md how to run a model of ONNX.`,
		Example: `  abtool export run --for torchvision --out backbone.pth
  abtool export run --for mmdetection --out backbone.pth
  abtool export run --for timm --out model.safetensors
  abtool export run --for onnx --out model.onnx`,
		Args: exactly(1, "export takes one argument, the RUN"),
		RunE: func(_ *cobra.Command, args []string) error { return o.run(s, args[0]) },
	}
	f := c.Flags()
	f.StringVar(&o.target, "for", "", "`PROGRAM` that loads the weights: torchvision, mmdetection, timm, onnx")
	f.BoolVar(&o.detector, "detector", false, "names as in a whole detector, such as backbone.body.conv1.weight")
	f.StringVar(&o.weights, "weights", "", "`FILE` of the run's weights, by name or path (default\nbest.safetensors)")
	f.StringVar(&o.out, "out", "", "`FILE` to write, .safetensors, .pth or .onnx")
	f.BoolVar(&o.force, "force", false, "replace the file at --out")
	f.BoolVar(&o.json, "json", false, "print what was written as JSON")
	return c
}

func (o *exportOptions) run(s streams, dir string) error {
	switch {
	case o.target == "":
		return usage.Errorf("--for is missing: torchvision, mmdetection, timm or onnx")
	case o.out == "":
		return usage.Errorf("--out is missing: the file to write")
	}
	target, err := export.ParseTarget(o.target)
	if err != nil {
		return usage.Error(err)
	}
	if _, err := os.Stat(o.out); err == nil && !o.force {
		return fmt.Errorf("%s already exists: give --force to replace it, or another --out", o.out)
	}
	_, info, network, set, err := runs.Open(dir, o.weights)
	if err != nil {
		return err
	}
	w, err := export.For(target, o.detector, network, set)
	if err != nil {
		return err
	}
	w.Describe(view.Default(network.Size).String(), info.Classes)
	if err := w.Write(o.out); err != nil {
		return err
	}
	if o.json {
		return ui.PrintJSON(s.out, struct {
			File     string   `json:"file"`
			Arch     string   `json:"arch"`
			Tensors  int      `json:"tensors"`
			Trained  int      `json:"trained_values"`
			Running  int      `json:"running_values"`
			LeftOut  []string `json:"left_out"`
			Detector bool     `json:"detector"`
		}{o.out, network.Name, w.Tensors, w.Trained, w.Running, w.Dropped, o.detector})
	}
	fmt.Fprintf(s.out, "Written to %s: %d tensors of %s for %s\n", o.out, w.Tensors, network.Name, target)
	fmt.Fprintf(s.out, "%s trained values, %s running means and variances\n", ui.Thousands(int64(w.Trained)), ui.Thousands(int64(w.Running)))
	if len(w.Dropped) > 0 {
		fmt.Fprintf(s.out, "Left out: %s\n", strings.Join(w.Dropped, ", "))
	}
	return nil
}
