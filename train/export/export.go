package export

import (
	"fmt"
	"slices"
	"strings"

	"abtool/train/arch"
	"abtool/train/weights"
)

// A Target is a program that loads the weights.
type Target string

// The targets.
const (
	// Torchvision is the backbone of torchvision's detectors, without the class head.
	Torchvision Target = "torchvision"
	// MMDetection is the backbone of MMDetection's, without the class head.
	MMDetection Target = "mmdetection"
	// Timm is a model of timm, with its class head.
	Timm Target = "timm"
	// ONNX is a program that runs a whole network, such as onnxruntime: both heads, for any architecture.
	ONNX Target = "onnx"
)

// Targets lists all targets.
var Targets = []Target{Torchvision, MMDetection, Timm, ONNX}

// detector has the prefix of the backbone's names in a whole detector.
var detector = map[Target]string{Torchvision: "backbone.body.", MMDetection: "backbone."}

// ParseTarget returns the target of a name.
func ParseTarget(name string) (Target, error) {
	if t := Target(name); slices.Contains(Targets, t) {
		return t, nil
	}
	return "", fmt.Errorf("unknown target %q: give torchvision, mmdetection, timm or onnx", name)
}

// Weights are weights under the names of a target.
type Weights struct {
	Set     *weights.Set
	Dropped []string // names in the network that are left out
	Tensors int
	Trained int // values that training changes
	Running int // running means and variances

	target  Target
	network *arch.Arch
	facts   Facts
}

// Describe adds to what the file says of itself: the view that the network expects of an image, and the names of
// its classes, if it has its class head.
func (w *Weights) Describe(view string, classes []string) {
	w.facts.View = view
	if w.target == Timm || w.target == ONNX {
		w.facts.Classes = classes
	}
	w.facts.write(w.Set.Metadata)
}

// For returns the weights of a network under the names of a target. With whole, they are those of the backbone in
// a whole detector. It fails if the target has no such network, and if a weight is missing, has another shape
// or another name than the network's architecture says.
func For(t Target, whole bool, a *arch.Arch, set *weights.Set) (*Weights, error) {
	if err := takes(t, whole, a); err != nil {
		return nil, err
	}
	w := &Weights{Set: weights.NewSet(), target: t, network: a}
	w.Set.Metadata = map[string]string{"for": string(t)}
	if t != ONNX {
		w.Set.Metadata["format"] = "pt"
	}
	w.facts = Facts{Arch: a.Name, Size: a.Size}
	w.facts.write(w.Set.Metadata)
	prefix := ""
	if whole {
		prefix = detector[t]
	}
	known := map[string]bool{}
	for _, p := range a.Params() {
		known[p.Name] = true
		got, ok := set.Get(p.Name)
		switch {
		case !ok:
			return nil, fmt.Errorf("the weights of %s have no %s", a.Name, p.Name)
		case !slices.Equal(got.Shape, p.Shape):
			return nil, fmt.Errorf("%s has shape %v, but %v in %s", p.Name, got.Shape, p.Shape, a.Name)
		case t == ONNX:
		case a.Layers[p.Layer].Op == arch.AttendPool && t == Timm:
			return nil, fmt.Errorf("timm has no %s whose pooling predicts its weights", a.Name)
		case a.Layers[p.Layer].Op == arch.AttendPool, p.Layer == a.Heads.Points, p.Layer == a.Heads.Classes && t != Timm:
			w.Dropped = append(w.Dropped, p.Name)
			continue
		}
		got.Name = prefix + p.Name
		w.Set.Put(got)
		if w.Tensors++; p.Buffer {
			w.Running += p.Len()
		} else {
			w.Trained += p.Len()
		}
	}
	for _, tensor := range set.Tensors() {
		if !known[tensor.Name] {
			return nil, fmt.Errorf("the weights have %s, which %s does not have", tensor.Name, a.Name)
		}
	}
	return w, nil
}

// takes returns an error unless a target has an architecture.
func takes(t Target, whole bool, a *arch.Arch) error {
	resnets := []string{"resnet18", "resnet34", "resnet50", "resnet101", "resnet152"}
	switch {
	case t == ONNX && whole:
		return fmt.Errorf("a model of ONNX is a whole network: the names of a detector are torchvision's or mmdetection's")
	case t == ONNX:
		return nil
	case t == Timm && whole:
		return fmt.Errorf("timm has no detectors: the names of a whole detector are torchvision's or mmdetection's")
	case a.Channels != arch.DefaultChannels:
		return fmt.Errorf("%s has %d channels, and %s takes images of 3", a.Name, a.Channels, t)
	case slices.Contains(resnets, a.Name), t == Timm && strings.HasSuffix(a.Name, "_patch16_224"):
		return nil
	case t == Timm:
		return fmt.Errorf("timm has no %s; it has %s and vit_…_patch16_224", a.Name, strings.Join(resnets, ", "))
	}
	return fmt.Errorf("%s has no backbone %s; it has %s", t, a.Name, strings.Join(resnets, ", "))
}
