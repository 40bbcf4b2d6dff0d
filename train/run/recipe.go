package run

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"abtool/features"
	"abtool/internal/filetype"
	"abtool/internal/usage"
	"abtool/train/arch"
	"abtool/train/data"
	"abtool/train/engine"
	"abtool/train/loss"
	"abtool/train/optim"
)

//go:embed recipes/*.toml
var recipes embed.FS

// A Recipe says how a network is trained. A recipe that does not set a key gets its value from Default.
type Recipe struct {
	Arch       string  `toml:"arch" doc:"architecture, as abtool train --list-archs names it"`
	Size       int     `toml:"size" doc:"pixels, height and width; 0: the architecture's"`
	DropPath   float64 `toml:"drop_path" doc:"stochastic depth at the last block"`
	Fraction   float64 `toml:"fraction,omitzero" doc:"share of the training images of each class that is used, above 0 to 1, chosen by the seed; without it: all"`
	Epochs     int     `toml:"epochs" doc:"passes over the images"`
	Batch      int     `toml:"batch" doc:"images in a batch"`
	Accumulate int     `toml:"accumulate" doc:"batches whose gradients make one step"`
	Seed       uint64  `toml:"seed" doc:"seed of initial weights, order, augmentation and random points"`

	Supervision string  `toml:"supervision" doc:"none, rand or luab"`
	Lambda      float64 `toml:"lambda" doc:"weight of the point loss"`
	Guide       float64 `toml:"guide,omitempty" doc:"share of the last pooling's weight that is around the image's point in training, 0 to 1; lambda = 0 leaves out the point loss"`
	GuideSigma  float64 `toml:"guide_sigma,omitempty" doc:"width of that weight in cells of the last map; 0: 1"`
	Attend      bool    `toml:"attend,omitempty" doc:"the last pooling predicts the weights of its average"`
	AttendLoss  float64 `toml:"attend_lambda,omitempty" doc:"weight of the loss that pulls these weights towards the image's point"`
	Multi       bool    `toml:"multi" doc:"several labels per image: binary cross-entropy, and a point for each class"`
	Smoothing   float64 `toml:"label_smoothing" doc:"label smoothing of cross-entropy"`
	Beta        float64 `toml:"smooth_l1_beta" doc:"threshold of smooth-L1; 0: 1, PyTorch's default"`

	Optimizer   string  `toml:"optimizer" doc:"sgd, adamw or adamp"`
	LR          float64 `toml:"lr" doc:"learning rate after the warm-up"`
	Momentum    float64 `toml:"momentum" doc:"momentum of sgd"`
	Nesterov    bool    `toml:"nesterov" doc:"Nesterov momentum in sgd and adamp"`
	WeightDecay float64 `toml:"weight_decay" doc:"decay of weights"`
	DecayAll    bool    `toml:"decay_all" doc:"decay biases and normalisations too, as torchvision's ResNet recipe does"`
	Clip        float64 `toml:"clip" doc:"largest norm of the gradient; 0: none"`
	EMA         float64 `toml:"ema" doc:"decay of the moving average of weights; 0: none"`
	Schedule    string  `toml:"schedule" doc:"constant, cosine or step"`
	Warmup      float64 `toml:"warmup_epochs" doc:"epochs in which the rate rises from 0"`
	Milestones  []int   `toml:"milestones" doc:"epochs after which the rate drops (step)"`
	Gamma       float64 `toml:"gamma" doc:"factor of each drop; 0: 0.1"`
	FinalLR     float64 `toml:"final_lr" doc:"learning rate at the end of cosine"`

	MinScale   float64 `toml:"min_scale" doc:"smallest share of the image's area in a training crop"`
	Flip       float64 `toml:"flip" doc:"share of crops that are mirrored; 0: none"`
	Brightness float64 `toml:"brightness" doc:"colour jitter; 0: none"`
	Contrast   float64 `toml:"contrast" doc:"colour jitter; 0: none"`
	Saturation float64 `toml:"saturation" doc:"colour jitter; 0: none"`
	Erase      float64 `toml:"erase" doc:"probability of erasing a rectangle"`
	RandAug    float64 `toml:"rand_augment,omitempty" doc:"magnitude of RandAugment, 0 to 10; 0: none"`
	RandAugStd float64 `toml:"rand_augment_std,omitempty" doc:"standard deviation of the magnitude"`
	Mixup      float64 `toml:"mixup,omitempty" doc:"alpha of mixup; 0: none"`
	Cutmix     float64 `toml:"cutmix,omitempty" doc:"alpha of cutmix; 0: none"`
	MixSwitch  float64 `toml:"mix_switch,omitempty" doc:"probability of cutmix if both are on"`
	Repeat     int     `toml:"repeat,omitempty" doc:"how many times an epoch has each of its images (repeated augmentation); 0: 1"`
	Reduced    bool    `toml:"reduced_decoding,omitempty" doc:"decode JPEGs at half, a quarter or an eighth of their size where a training crop needs no more; needs -tags turbojpeg"`
	CropRatio  float64 `toml:"crop_ratio" doc:"evaluation: size of the centre crop as a share of the shorter side"`
	LabelRule  string  `toml:"label_rule" doc:"several labels: kept, or published, which drops a label in training if the crop leaves out its point"`

	SaveEvery int `toml:"save_every" doc:"keep the weights of every k-th epoch; 0: of no epoch"`
}

// Default returns the recipe that files and flags modify.
func Default() Recipe {
	return Recipe{
		Arch: "resnet10", Epochs: 20, Batch: 32, Accumulate: 1, Seed: 1, Supervision: string(data.LUAB), Lambda: 10,
		Optimizer: string(optim.SGD), LR: 0.05, Momentum: 0.9, WeightDecay: 5e-4, Schedule: string(optim.Cosine), Warmup: 1,
		MinScale: 0.25, Flip: 0.5, CropRatio: 0.875, LabelRule: features.LabelsKept,
	}
}

// Names returns the names of the recipes that come with the program.
func Names() (names []string) {
	entries, _ := recipes.ReadDir("recipes")
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".toml"))
	}
	return names
}

// Load reads a recipe, which is one of Names or a file. Keys that it does not set get the defaults.
func Load(name string) (Recipe, error) {
	r := Default()
	if name == "" {
		return r, nil
	}
	text, err := recipes.ReadFile(path.Join("recipes", name+".toml"))
	if err != nil {
		if text, err = filetype.ReadText(name); errors.Is(err, fs.ErrNotExist) {
			return r, fmt.Errorf("recipe %q not found: give a file, or one of %s", name, strings.Join(Names(), ", "))
		} else if err != nil {
			return r, fmt.Errorf("reading the recipe: %w", err)
		}
	}
	if err := r.Set(string(text)); err != nil {
		return r, fmt.Errorf("recipe %s: %w", name, err)
	}
	return r, nil
}

// LoadOwn loads the recipe of the run in a folder.
func LoadOwn(run string) (Recipe, error) {
	name := filepath.Join(run, recipeName)
	if _, err := os.Stat(name); err != nil {
		return Recipe{}, fmt.Errorf("%s has no run to continue: there is no %s in it", run, recipeName)
	}
	text, err := filetype.ReadText(name)
	if err != nil {
		return Recipe{}, fmt.Errorf("reading the recipe: %w", err)
	}
	r := Default()
	if _, err := r.decode(string(text)); err != nil {
		return r, usage.Errorf("recipe %s: %w", name, err)
	}
	return r, nil
}

// Set changes the keys that a text in TOML sets. It returns an error for keys that a recipe does not have.
func (r *Recipe) Set(text string) error {
	meta, err := r.decode(text)
	if err != nil {
		return err
	}
	if meta.IsDefined("fraction") && !(r.Fraction > 0 && r.Fraction <= 1) {
		return fmt.Errorf("fraction: must be above 0 and at most 1, but it is %v: leave it out to use all images", r.Fraction)
	}
	return nil
}

// decode changes the keys that a text in TOML sets. The recipe of a run may have a fraction of 0, which earlier
// versions wrote for all images.
func (r *Recipe) decode(text string) (toml.MetaData, error) {
	meta, err := toml.Decode(text, r)
	if left := meta.Undecoded(); err == nil && len(left) > 0 {
		err = fmt.Errorf("a recipe has no key %s", left[0])
	}
	return meta, err
}

// Change sets one key from "key=value". A value that is a string needs no quotes.
func (r *Recipe) Change(text string) error {
	key, value, ok := strings.Cut(text, "=")
	if !ok {
		return errors.New("give a key of the recipe as key=value")
	}
	err := r.Set(key + " = " + value)
	if err != nil && r.Set(fmt.Sprintf("%s = %q", key, value)) == nil {
		return nil
	}
	return err
}

// TOML returns the recipe as a file.
func (r Recipe) TOML() string {
	var b bytes.Buffer
	e := toml.NewEncoder(&b)
	e.Indent = ""
	if err := e.Encode(r); err != nil {
		panic(err) // cannot happen: a struct of plain values
	}
	return b.String()
}

// Check returns an error if a value of the recipe is invalid.
func (r Recipe) Check() error {
	for _, c := range []struct {
		bad  bool
		text string
	}{
		{r.Epochs < 1, "epochs: must be at least 1"}, {r.Batch < 1, "batch: must be at least 1"}, {r.Accumulate < 1, "accumulate: must be at least 1"},
		{!(r.Fraction >= 0 && r.Fraction <= 1), "fraction: must be above 0 and at most 1"},
		{!slices.Contains(data.Supervisions, data.Supervision(r.Supervision)), "supervision: must be none, rand or luab"},
		{!(r.Warmup >= 0) || r.Warmup >= float64(r.Epochs), fmt.Sprintf("warmup_epochs: must be at least 0 and fewer than epochs, but it is %v with epochs = %d: "+
			"train for more epochs, or without a warm-up (--set warmup_epochs=0)", r.Warmup, r.Epochs)},
		{!(r.LR > 0) || math.IsInf(r.LR, 0), "lr: must be above 0"},
		{r.AttendLoss != 0 && !r.Attend, "attend_lambda: needs attend = true"},
		{r.SaveEvery < 0, "save_every: must be at least 0"},
		{r.LabelRule != features.LabelsKept && r.LabelRule != features.LabelsPublished, "label_rule: must be kept or published"},
		{r.Multi && r.Smoothing > 0, "label_smoothing: must be 0 with several labels"},
	} {
		if c.bad {
			return fmt.Errorf("checking the recipe: %s", c.text)
		}
	}
	if err := r.Loss().Check(); err != nil {
		return err
	}
	return r.optim().Check()
}

// Loss returns the objective of the recipe.
func (r Recipe) Loss() loss.Config {
	c := loss.Config{Class: loss.CrossEntropy, LabelSmoothing: r.Smoothing, Lambda: r.Lambda, Beta: r.Beta}
	if r.Multi {
		c.Class = loss.Binary
	}
	if r.Attend {
		c.Attention = r.AttendLoss
	}
	if r.Supervision == string(data.None) {
		c.Lambda, c.Attention = 0, 0
	}
	return c
}

func (r Recipe) optim() optim.Config {
	return optim.Config{Kind: optim.Kind(r.Optimizer), WeightDecay: r.WeightDecay, DecayAll: r.DecayAll, Momentum: r.Momentum, Nesterov: r.Nesterov, ClipNorm: r.Clip, EMA: r.EMA}
}

// schedule returns the learning rates by step, for epochs of perEpoch steps.
func (r Recipe) schedule(perEpoch int) optim.Schedule {
	s := optim.Schedule{Kind: optim.Curve(r.Schedule), Base: r.LR, Steps: r.Epochs * perEpoch, Warmup: int(r.Warmup * float64(perEpoch)), WarmupFrom: r.LR / 100, Final: r.FinalLR, Gamma: r.Gamma}
	for _, m := range r.Milestones {
		s.Milestones = append(s.Milestones, m*perEpoch)
	}
	return s
}

// network builds the architecture for a number of classes.
func (r Recipe) network(classes int) (*arch.Arch, error) {
	o := arch.Options{Classes: classes, Size: r.Size, DropPath: r.DropPath, Attend: r.Attend, GuideSigma: r.GuideSigma}
	if r.Supervision != string(data.None) {
		o.PointOutputs, o.Guide = 2, r.Guide
		if r.Multi {
			o.PointOutputs = 2 * classes
		}
	}
	return arch.New(r.Arch, o)
}

func (r Recipe) engine(a *arch.Arch, workers int) engine.Config {
	return engine.Config{Arch: a, Loss: r.Loss(), Optim: r.optim(), Seed: r.Seed, Workers: workers}
}

// loader returns the options of a loader for training or for evaluation, in which all labels of an image count.
func (r Recipe) loader(a *arch.Arch, train bool, workers int) data.LoaderOptions {
	flip := r.Flip
	if flip == 0 {
		flip = -1 // for the loader, 0 means its default
	}
	labels := features.LabelsKept
	if train {
		labels = r.LabelRule
	}
	return data.LoaderOptions{
		Size: a.Size, Batch: r.Batch, Train: train, Seed: r.Seed, Workers: workers, CropRatio: r.CropRatio, PointOutput: a.PointOutputs, LabelRule: labels,
		Crops:  features.CropOptions{MinScale: r.MinScale, FlipShare: flip},
		Jitter: data.Jitter{Brightness: r.Brightness, Contrast: r.Contrast, Saturation: r.Saturation}, Erase: data.Erase{Probability: r.Erase},
		RandAugment: data.RandAugment{Magnitude: r.RandAug, Std: r.RandAugStd}, Mix: data.Mix{Mixup: r.Mixup, Cutmix: r.Cutmix, Switch: r.MixSwitch}, Repeat: r.Repeat, Reduced: r.Reduced,
	}
}
