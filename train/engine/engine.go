// Package engine is the line between networks and what computes them. An engine takes an architecture (train/arch), an objective
// (train/loss) and an optimiser (train/optim), and does training steps and evaluations; it knows nothing of files, recipes or epochs.
//
// Weights and states are interchangeable between engines: train on one, resume on the other.
package engine

import (
	"errors"
	"fmt"

	"abtool/train/arch"
	"abtool/train/loss"
	"abtool/train/optim"
	"abtool/train/weights"
)

// ErrNotFinite is wrapped by Step's error if the loss or the gradient is no finite number. The weights are as before the step, but batch
// normalisation's running statistics may be spoilt.
var ErrNotFinite = errors.New("the loss is not finite")

// ErrMemory is wrapped by Step's and Evaluate's errors if a batch needs more memory than the processor or the device has. A smaller batch
// may fit.
var ErrMemory = errors.New("not enough memory")

// Config says what an engine is to train.
type Config struct {
	Arch    *arch.Arch
	Loss    loss.Config
	Optim   optim.Config
	Seed    uint64 // of what is random inside the network (stochastic depth)
	Workers int    // CPU threads; 0 stands for as many as Go may use. Results differ between numbers of workers in the last bits.
}

// Check reports a configuration that makes no sense.
func (c Config) Check() error {
	if c.Arch == nil {
		return errors.New("no architecture")
	}
	if _, err := c.Arch.Shapes(); err != nil {
		return err
	}
	if err := c.Loss.Check(); err != nil {
		return err
	}
	return c.Optim.Check()
}

// Batch is some images with what they should give. An engine keeps nothing of it after a call.
type Batch struct {
	// Images is N × Size × Size × Channels in row-major order, normalised as the network wants it.
	Images []float32
	// Pixels stands for Images where that is nil: N × Size × Size × 3 bytes, which the engine normalises with arch.Mean and arch.Std.
	Pixels []byte
	// Target has the number of images, N ≥ 1, which may differ from batch to batch.
	loss.Target
}

// Check reports the first thing in b that does not fit c.
func (b *Batch) Check(c Config) error {
	if b.N < 1 {
		return fmt.Errorf("a batch of %d images", b.N)
	}
	if err := b.checkImages(c); err != nil {
		return err
	}
	return b.Target.Check(c.Loss, c.Arch.Classes, c.Arch.PointOutputs)
}

// CheckEval is Check for an evaluation, where the target may be empty.
func (b *Batch) CheckEval(c Config) error {
	if b.Labelled() {
		return b.Check(c)
	}
	if b.N < 1 {
		return fmt.Errorf("a batch of %d images", b.N)
	}
	return b.checkImages(c)
}

// Labelled tells whether the images' classes are given.
func (b *Batch) Labelled() bool { return b.Labels != nil || b.Classes != nil }

func (b *Batch) checkImages(c Config) error {
	n := len(b.Images)
	if b.Images == nil {
		n = len(b.Pixels)
		if n > 0 && c.Arch.Channels != 3 {
			return fmt.Errorf("pixels in bytes are of 3 channels, the network has %d", c.Arch.Channels)
		}
	}
	if want := b.N * c.Arch.In().Len(); n != want {
		return fmt.Errorf("%d pixel values for %d images of %v, want %d", n, b.N, c.Arch.In(), want)
	}
	return nil
}

// Values returns Images or, where Pixels stand for them, writes the normalised pixels to to, which is reused if it is long enough.
func (b *Batch) Values(to []float32) []float32 {
	if b.Images != nil {
		return b.Images
	}
	return arch.Normalise(b.Pixels, to)
}

// Ahead is what engines implement that compute outside the program's memory.
type Ahead interface {
	// Ahead copies a batch to where it will be used, so that Step or Evaluate with the same *Batch need not wait for the copy. It may be
	// called while Step runs. The batch must not change until then.
	Ahead(b *Batch) error
}

// Result is what a step reports.
type Result struct {
	loss.Parts         // the mean over the step's images
	GradNorm   float64 // global L2 norm of the gradient before clipping
}

// Output is what an evaluation gives.
type Output struct {
	Logits []float32 // N × classes, before softmax or sigmoid
	Points []float32 // N × point outputs in [0,1], x before y; empty without a point head
	loss.Parts
}

// Engine trains one network. It serves one call at a time.
type Engine interface {
	// Name is what users call the engine.
	Name() string
	// SetWeights copies all parameters and buffers of the architecture from a set (arch.Init, or a file put on it with weights.Fit).
	// It fails, changing nothing, if one is missing or has another shape. The optimiser's state stays.
	SetWeights(*weights.Set) error
	// Weights returns a copy of all parameters and buffers.
	Weights() (*weights.Set, error)
	// Average returns a copy of the moving average of the weights and buffers, or nil if none is kept (optim.Config.EMA is 0).
	Average() (*weights.Set, error)
	// State returns a copy of what else is needed to go on: the optimiser's moments ("SLOT/PARAMETER"), the moving average ("ema/NAME")
	// and, in the metadata, the number of updates ("steps").
	State() (*weights.Set, error)
	// SetState sets what State returned. It fails, changing nothing, if something is missing or has another shape.
	SetState(*weights.Set) error
	// Step does one update with learning rate lr, with the mean gradient of the images of all given batches (gradient accumulation;
	// batch normalisation sees each batch by itself). The error wraps ErrNotFinite if training has diverged.
	Step(lr float64, batches ...*Batch) (Result, error)
	// Gradients returns the gradient of the loss by parameter, without an update. The running statistics of batch normalisations move.
	Gradients(b *Batch) (*weights.Set, Result, error)
	// Evaluate runs the network as for inference, with the moving average of the weights if average is true. Its target may be empty
	// except for N: then Parts has only N.
	Evaluate(b *Batch, average bool) (*Output, error)
	// Close frees what the engine holds.
	Close() error
}

// Memory is what engines implement that compute in a device's memory.
type Memory interface {
	// Memory is the number of bytes that this process has taken of it. It fails where that is not known.
	Memory() (int64, error)
}
