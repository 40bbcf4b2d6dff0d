package eval

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"abtool/eval/classes"
	"abtool/eval/view"
	"abtool/internal/filetype"
	"abtool/internal/imagefile"
	"abtool/internal/usage"
	"abtool/train/arch"
	"abtool/train/engine"
	"abtool/train/export"
	"abtool/train/loss"
	runs "abtool/train/run"
	"abtool/train/weights"
)

// NetworkOptions name a network: a run, or an architecture with a file of weights.
type NetworkOptions struct {
	Run     string // folder of a run of abtool train; "": Arch and Weights
	Arch    string // as arch.New takes it, or DeiT's or torchvision's name of the same network; "": the one that the file says
	Size    int    // height and width of the input in pixels, for Arch; 0: the one that the file says or shows, or the architecture's
	Weights string // a safetensors file; with Run a file of the run, as run.Open takes it
	Classes string // file with the name of a class a line, in the order of the outputs; "": the run's, or ImageNet's 1,000
	View    string // as view.Parse takes it; "": the one that the file says, or view.Default
	Name    string // printed; "": the name of the folder or the file

	Workers int
	New     func(engine.Config) (engine.Engine, error)
}

// A Network is a trained network, ready to answer. Close it after use. Only one goroutine may use it.
type Network struct {
	Name     string
	Arch     string   // with the size of the input, if it is another one than the architecture's
	Notes    []string // what users should know: the file of weights says other things than the options
	Weights  string   // SHA-256 of the file of weights, in hexadecimal
	Classes  []string // in the order of the answers; ImageNet's 1,000 in the order of their wnids, whatever the order of the outputs
	ImageNet bool     // the classes are ImageNet's 1,000
	Multi    bool     // the network was trained to find several classes in an image
	View     view.View

	engine  engine.Engine
	order   []int // the network's output for each class; nil: the same order
	outputs int
	logits  []float32
	values  []float32
	viewer  *view.Viewer // of Scores
	pixels  []byte
}

// OpenNetwork loads a network into an engine.
func OpenNetwork(o NetworkOptions) (*Network, error) {
	n, l, err := describe(o)
	if err != nil {
		return nil, err
	}
	if n.engine, err = o.New(engine.Config{Arch: l.arch, Loss: l.loss, Workers: o.Workers}); err != nil {
		return nil, err
	}
	if err := n.engine.SetWeights(l.set); err != nil {
		n.engine.Close()
		return nil, err
	}
	return n, nil
}

// Describe returns what is known of a network, without loading it into an engine: its fields are set, and it can
// neither answer nor be closed.
func Describe(o NetworkOptions) (*Network, error) {
	n, _, err := describe(o)
	return n, err
}

// Label returns the name of the network, which Network.Name has too: o.Name, or the name of the folder or the file.
func (o *NetworkOptions) Label() (string, error) {
	switch {
	case o.Name != "":
		return o.Name, nil
	case o.Run == "":
		return strings.TrimSuffix(filepath.Base(o.Weights), filepath.Ext(o.Weights)), nil
	}
	dir, err := filepath.Abs(o.Run) // the folder may be given as . or ..
	return filepath.Base(dir), err
}

// describe reads a network and returns it without its engine, and its weights.
func describe(o NetworkOptions) (*Network, *loaded, error) {
	var l *loaded
	var err error
	switch {
	case o.Run != "" && (o.Arch != "" || o.Size != 0):
		return nil, nil, usage.Errorf("a run has its architecture and size: give either a RUN, or --arch and --weights")
	case o.Run != "":
		l, err = ofRun(o)
	case o.Weights == "":
		return nil, nil, usage.Errorf("give the network: a RUN of abtool train, or --arch NAME with --weights FILE.safetensors")
	default:
		l, err = ofWeights(o)
	}
	if err != nil {
		return nil, nil, err
	}
	n := &Network{Arch: l.arch.Name, Classes: l.classes, Multi: l.multi, outputs: len(l.classes)}
	if l.arch.Size != l.arch.Usual {
		n.Arch += fmt.Sprintf(" (%d px)", l.arch.Size)
	}
	if n.Name, err = o.Label(); err != nil {
		return nil, nil, err
	}
	if l.arch.Channels != 3 {
		return nil, nil, fmt.Errorf("%s reads images of %d channels: only networks of colour images can be evaluated", n.Name, l.arch.Channels)
	}
	n.arrange()
	if n.View, err = o.view(l); err != nil {
		return nil, nil, err
	}
	n.Notes = l.notes
	if n.Weights, err = digest(l.file); err != nil {
		return nil, nil, err
	}
	return n, l, nil
}

// Close frees what the engine holds.
func (n *Network) Close() error { return n.engine.Close() }

// arrange brings ImageNet's classes into the order of their wnids.
func (n *Network) arrange() {
	sorted := slices.Sorted(slices.Values(n.Classes))
	if n.ImageNet = classes.IsImageNet(sorted); !n.ImageNet || classes.IsImageNet(n.Classes) {
		return
	}
	n.order = make([]int, len(sorted))
	for at, name := range n.Classes {
		k, _ := slices.BinarySearch(sorted, name)
		n.order[k] = at
	}
	n.Classes = sorted
}

// input returns the batch of an engine for the pixels of some images, as a view makes them. It is valid until the
// next call.
func (n *Network) input(pixels []byte, v *view.View) *engine.Batch {
	b := &engine.Batch{Target: loss.Target{N: len(pixels) / (3 * v.Size * v.Size)}}
	if [2][3]float32{v.Mean, v.Std} == view.ImageNet && (v.Hole == 0 || v.Black) {
		b.Pixels = pixels // the engine normalises them likewise
	} else {
		n.values = v.Values(pixels, n.values)
		b.Images = n.values
	}
	return b
}

// answer returns the logits of a batch of inputs as a view makes them, in the order of Classes. They are valid
// until the next call.
func (n *Network) answer(pixels []byte, v *view.View) ([]float32, error) {
	b := n.input(pixels, v)
	count := b.N
	out, err := n.engine.Evaluate(b, false)
	if err != nil {
		return nil, err
	}
	if len(out.Logits) != count*n.outputs {
		return nil, fmt.Errorf("%s gives %d outputs for %d images, but has %d classes", n.Name, len(out.Logits), count, n.outputs)
	}
	if n.order == nil {
		return out.Logits, nil
	}
	n.logits = slices.Grow(n.logits[:0], len(out.Logits))[:len(out.Logits)]
	for i := range count {
		for k, at := range n.order {
			n.logits[i*n.outputs+k] = out.Logits[i*n.outputs+at]
		}
	}
	return n.logits, nil
}

// Scores returns the logits for whole images, which it views with n.View, in the order of Classes.
func (n *Network) Scores(images []*imagefile.RGB) ([][]float32, error) {
	if n.viewer == nil {
		n.viewer = view.NewViewer(n.View)
	}
	plane := 3 * n.View.Size * n.View.Size
	n.pixels = slices.Grow(n.pixels[:0], len(images)*plane)[:len(images)*plane]
	for i, m := range images {
		if err := n.viewer.Image(m, n.pixels[i*plane:(i+1)*plane]); err != nil {
			return nil, err
		}
	}
	if len(images) == 0 {
		return nil, nil
	}
	logits, err := n.answer(n.pixels, &n.View)
	if err != nil {
		return nil, err
	}
	return slices.Collect(slices.Chunk(slices.Clone(logits), n.outputs)), nil
}

// A loaded network has its weights, and is not in an engine yet.
type loaded struct {
	file    string
	arch    *arch.Arch
	loss    loss.Config
	set     *weights.Set
	classes []string
	multi   bool
	says    export.Facts // what the file says of itself
	notes   []string
}

// note notes what the file says and the options do not.
func (l *loaded) note(what, says, used string) {
	l.notes = append(l.notes, fmt.Sprintf("%s says that its %s is %s, and %s is used", l.file, what, says, used))
}

// view returns the view that was asked for, or else the one that the file says, or else the default.
func (o *NetworkOptions) view(l *loaded) (view.View, error) {
	says, err := view.Default(l.arch.Size), error(nil)
	if l.says.View != "" && cmp.Or(l.says.Size, l.arch.Size) == l.arch.Size {
		if says, err = view.Parse(l.says.View, l.arch.Size); err != nil {
			return says, fmt.Errorf("%s says how images are viewed: %w", l.file, err)
		}
	}
	if o.View == "" {
		return says, nil
	}
	v, err := view.Parse(o.View, l.arch.Size)
	if err == nil && l.says.View != "" && v.String() != l.says.View {
		l.note("view", l.says.View, v.String())
	}
	return v, err
}

func ofRun(o NetworkOptions) (*loaded, error) {
	r, info, a, set, err := runs.Open(o.Run, o.Weights)
	if err != nil {
		return nil, err
	}
	l := &loaded{
		file: runs.WeightsFile(o.Run, o.Weights), arch: a, loss: r.Loss(), set: set,
		classes: info.Classes, multi: info.Multi,
	}
	if o.Classes != "" {
		if l.classes, err = readClasses(o.Classes, a.Classes); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func ofWeights(o NetworkOptions) (*loaded, error) {
	set, err := weights.ReadFile(o.Weights)
	if err != nil {
		return nil, err
	}
	l := &loaded{file: o.Weights, classes: classes.ImageNet()}
	if l.says, err = export.FactsOf(set.Metadata); err != nil {
		return nil, fmt.Errorf("%s: %w", o.Weights, err)
	}
	name := cmp.Or(o.Arch, l.says.Arch)
	if name == "" {
		return nil, usage.Errorf("%s does not say which architecture it is of: give --arch NAME", o.Weights)
	}
	a, set, err := fit(name, cmp.Or(o.Size, l.says.Size), set)
	if err != nil {
		if l.says.Arch != "" && name != l.says.Arch {
			err = fmt.Errorf("%w. The file says that it is of %s", err, l.says.Arch)
		}
		return nil, fmt.Errorf("%s: %w", o.Weights, err)
	}
	l.arch, l.set = a, set
	if l.says.Arch != "" && l.says.Arch != a.Name {
		l.note("architecture", l.says.Arch, a.Name)
	}
	if l.says.Size != 0 && l.says.Size != a.Size {
		l.note("input", fmt.Sprintf("%d pixels", l.says.Size), fmt.Sprint(a.Size))
	}
	known := len(l.says.Classes) == a.Classes
	if known {
		l.classes = l.says.Classes
	}
	switch {
	case o.Classes != "":
		if l.classes, err = readClasses(o.Classes, a.Classes); known && !slices.Equal(l.classes, l.says.Classes) {
			l.notes = append(l.notes, fmt.Sprintf("%s has other names of classes than %s, and those of --classes are used", l.file, o.Classes))
		}
	case len(l.says.Classes) > 0 && !known:
		err = fmt.Errorf("%s has the names of %d classes, and outputs for %d", l.file, len(l.says.Classes), a.Classes)
	case !known && a.Classes != classes.Count:
		err = usage.Errorf("%s has %d classes: give their names with --classes FILE, a name a line in the order of the outputs",
			o.Weights, a.Classes)
	}
	return l, err
}

// readClasses reads a file with the name of a class a line.
func readClasses(path string, want int) ([]string, error) {
	text, err := filetype.ReadText(path)
	if err != nil {
		return nil, fmt.Errorf("reading classes: %w", err)
	}
	var names []string
	seen := map[string]int{}
	for line := range bytes.Lines(text) {
		name := strings.TrimSpace(string(line))
		if name == "" {
			return nil, fmt.Errorf("reading classes from %s: line %d is empty", path, len(names)+1)
		}
		names = append(names, name)
		if first := seen[name]; first > 0 {
			return nil, fmt.Errorf("reading classes from %s: lines %d and %d are both %q", path, first, len(names), name)
		}
		seen[name] = len(names)
	}
	if len(names) != want {
		return nil, fmt.Errorf("reading classes from %s: it has %d lines, but the network has %d outputs: "+
			"give the name of a class a line", path, len(names), want)
	}
	return names, nil
}

// digest returns the SHA-256 of a file in hexadecimal.
func digest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(h, f)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
