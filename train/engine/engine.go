// Package engine defines the interface of engines, which compute the steps of training. An engine takes an
// architecture (train/arch), an objective (train/loss) and an optimiser (train/optim), and does training steps
// and evaluations. It does not handle files, recipes or epochs.
//
// Weights and states are interchangeable between engines: one engine can resume what another has trained.
package engine

import (
	"errors"
	"fmt"

	"abtool/train/arch"
	"abtool/train/loss"
	"abtool/train/optim"
	"abtool/train/weights"
)

// ErrNotFinite is wrapped by Step's error if the loss or the gradient is not finite. The weights are then
// as before the step, but the running statistics of batch normalisations may not be finite any more.
var ErrNotFinite = errors.New("the loss is not finite")

// ErrMemory is wrapped by the errors of Step and Evaluate if a batch needs more memory than the machine or
// the device has. A smaller batch may fit.
var ErrMemory = errors.New("not enough memory")

// Config describes the training of an engine.
type Config struct {
	Arch    *arch.Arch
	Loss    loss.Config
	Optim   optim.Config
	Seed    uint64 // for what is random inside the network (stochastic depth)
	Workers int    // CPU threads; 0: as many as Go may use. Results differ between numbers of workers in the last bits.
}

// Check returns an error if the configuration is invalid.
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

// Batch has images with their targets. An engine keeps no reference to it after a call.
type Batch struct {
	// Images is N × Size × Size × Channels in row-major order, normalised as the network expects.
	Images []float32
	// Pixels replaces Images if that is nil: N × Size × Size × 3 bytes, which the engine normalises with
	// arch.Mean and arch.Std.
	Pixels []byte
	// Target has the number of images N, at least 1, which may differ from batch to batch.
	loss.Target
}

// Check returns an error for the first thing in b that does not fit c.
func (b *Batch) Check(c Config) error {
	if b.N < 1 {
		return fmt.Errorf("a batch of %d images: at least 1 is needed", b.N)
	}
	if err := b.checkImages(c); err != nil {
		return err
	}
	return b.Target.Check(c.Loss, c.Arch.Classes, c.Arch.PointOutputs)
}

// CheckEval does the same as Check for an evaluation, where the target may be empty.
func (b *Batch) CheckEval(c Config) error {
	if b.Labelled() {
		return b.Check(c)
	}
	if b.N < 1 {
		return fmt.Errorf("a batch of %d images: at least 1 is needed", b.N)
	}
	return b.checkImages(c)
}

// Labelled reports whether the target has the images' classes.
func (b *Batch) Labelled() bool { return b.Labels != nil || b.Classes != nil }

func (b *Batch) checkImages(c Config) error {
	n := len(b.Images)
	if b.Images == nil {
		n = len(b.Pixels)
		if n > 0 && c.Arch.Channels != 3 {
			return fmt.Errorf("pixels in bytes have 3 channels, but the network has %d", c.Arch.Channels)
		}
	}
	if want := b.N * c.Arch.In().Len(); n != want {
		return fmt.Errorf("%d pixel values for %d images of %v, want %d", n, b.N, c.Arch.In(), want)
	}
	return nil
}

// Values returns Images if it is set. Otherwise it writes the normalised pixels to to, which is reused if
// it is large enough, and returns that.
func (b *Batch) Values(to []float32) []float32 {
	if b.Images != nil {
		return b.Images
	}
	return arch.Normalise(b.Pixels, to)
}

// Ahead is implemented by engines that compute in a device's memory.
type Ahead interface {
	// Ahead copies a batch to the device, so that Step with the same *Batch need not wait for the copy. It
	// may be called while any other method but SetWeights, SetState and Close runs. The batch must not change
	// until it is used.
	Ahead(b *Batch) error
}

// Result reports on a step.
type Result struct {
	loss.Parts         // the mean over the step's images
	GradNorm   float64 // global L2 norm of the gradient before clipping
}

// Output has the outputs of the heads in an evaluation.
type Output struct {
	Logits []float32 // N × classes, before softmax or sigmoid
	Points []float32 // N × point outputs in [0,1], x before y; empty without a point head
	loss.Parts
}

// Engine trains one network. Calls must not overlap.
type Engine interface {
	// Name returns the engine's name as users give it.
	Name() string
	// SetWeights copies all parameters and buffers of the architecture from a set, which comes from
	// arch.Init or from a file that weights.Fit adapted. It fails and changes nothing if one is missing or
	// has another shape. The optimiser's state stays as it is.
	SetWeights(*weights.Set) error
	// Weights returns a copy of all parameters and buffers.
	Weights() (*weights.Set, error)
	// Average returns a copy of the moving average of the weights and buffers, or nil if there is no
	// average (optim.Config.EMA is 0).
	Average() (*weights.Set, error)
	// State returns a copy of the rest of what a training needs to go on: the optimiser's moments
	// ("SLOT/PARAMETER"), the moving average ("ema/NAME") and, in the metadata, the number of updates
	// ("steps").
	State() (*weights.Set, error)
	// SetState restores what State returned. It fails and changes nothing if something is missing or has
	// another shape.
	SetState(*weights.Set) error
	// Step does one update with learning rate lr and the mean gradient of the images of all given batches
	// (gradient accumulation; batch normalisation uses the statistics of each batch alone). The error wraps
	// ErrNotFinite if training has diverged.
	Step(lr float64, batches ...*Batch) (Result, error)
	// Gradients returns the gradient of the loss for each parameter, without an update. It does move the
	// running statistics of batch normalisations.
	Gradients(b *Batch) (*weights.Set, Result, error)
	// Evaluate runs the network as for inference, with the moving average of the weights if average is
	// true. The target may be empty except for N; Parts then has only N.
	Evaluate(b *Batch, average bool) (*Output, error)
	// Close frees what the engine holds.
	Close() error
}

// Memory is implemented by engines that compute in a device's memory.
type Memory interface {
	// Memory returns the bytes of the device's memory that this process uses. It fails if the number is
	// unknown.
	Memory() (int64, error)
}
