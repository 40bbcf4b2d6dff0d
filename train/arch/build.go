package arch

import (
	"fmt"
	"slices"
	"strings"
)

// Options choose the size and the heads of a network. The zero value gives 1000 classes, no point head, 3
// channels and the architecture's default image size.
type Options struct {
	Classes       int     // default DefaultClasses
	PointOutputs  int     // 0, 2, or 2·Classes
	Size          int     // height and width in pixels; default: the architecture's (224, or 32 for the small ones)
	Channels      int     // default 3
	DropPath      float64 // rate of stochastic depth at the last block, in [0, 1); it rises linearly from 0 at the first block
	Guide         float64 // share of the pooling's weight that is around the image's point in training, in [0, 1]; needs one point (PointOutputs 2)
	GuideSigma    float64 // width of that weight in cells of the last map; default DefaultGuideSigma
	Attend        bool    // the last pooling predicts its weights (AttendPool)
	Distilled     bool    // a transformer whose head reads two tokens, as DeiT's distilled networks; the name says so
	WithoutPoints bool    // leave out the point head whatever PointOutputs says, as for export
}

// Defaults of Options.
const (
	DefaultClasses  = 1000
	DefaultChannels = 3

	DefaultGuideSigma = 1
)

// Spec is an entry of the catalogue of architectures.
type Spec struct {
	Name  string
	Size  int    // default image size in pixels
	About string // one line
	build func(b *builder)
}

var catalogue = []Spec{
	resnet("resnet18", 224, false, 64, "ResNet-18 of torchvision", 2, 2, 2, 2),
	resnet("resnet34", 224, false, 64, "ResNet-34 of torchvision", 3, 4, 6, 3),
	resnet("resnet50", 224, true, 64, "ResNet-50 of torchvision", 3, 4, 6, 3),
	resnet("resnet101", 224, true, 64, "ResNet-101 of torchvision", 3, 4, 23, 3),
	resnet("resnet152", 224, true, 64, "ResNet-152 of torchvision", 3, 8, 36, 3),
	vit("vit_tiny_patch16_224", 224, 16, 192, 12, 3, "ViT-Ti of timm"),
	vit("vit_small_patch16_224", 224, 16, 384, 12, 6, "ViT-S of timm"),
	vit("vit_base_patch16_224", 224, 16, 768, 12, 12, "ViT-B of timm"),
	resnet("resnet8", 32, false, 16, "small ResNet for 32 px: a 3 × 3 stem, widths 16, 32, 64", 1, 1, 1),
	resnet("resnet14", 32, false, 16, "small ResNet for 32 px: a 3 × 3 stem, widths 16, 32, 64", 2, 2, 2),
	resnet("resnet10", 64, false, 32, "small ResNet for 64 px: a 3 × 3 stem, widths 32, 64, 128, 256", 1, 1, 1, 1),
	cnn("cnn3", 32, 32, 3, "plain CNN for 32 px: convolution, normalisation, pooling; widths 32, 64, 128"),
	cnn("cnn4", 64, 32, 4, "plain CNN for 64 px: convolution, normalisation, pooling; widths 32, 64, 128, 256"),
	strided("cnn5", 64, 16, "plain CNN for 64 px whose convolutions all have stride 2, quick; widths 16, 32, 64, 128, 128"),
	vit("vit_mini_patch4_32", 32, 4, 96, 6, 3, "small ViT for 32 px"),
	vit("vit_mini_patch8_64", 64, 8, 96, 6, 3, "small ViT for 64 px"),
}

var aliases = map[string]string{"vit_ti": "vit_tiny_patch16_224", "vit_s": "vit_small_patch16_224", "vit_b": "vit_base_patch16_224"}

// List returns the catalogue.
func List() []Spec { return slices.Clone(catalogue) }

// New builds a network of the catalogue; vit_ti, vit_s and vit_b are short names of timm's. It fails if the
// name is unknown, listing the known ones, and if the options do not fit the architecture.
func New(name string, o Options) (*Arch, error) {
	if full, ok := aliases[name]; ok {
		name = full
	}
	i := slices.IndexFunc(catalogue, func(s Spec) bool { return s.Name == name })
	if i < 0 {
		var known []string
		for _, s := range catalogue {
			known = append(known, s.Name)
		}
		return nil, fmt.Errorf("unknown architecture %q; the architectures are %s", name, strings.Join(known, ", "))
	}
	if o.Size == 0 {
		o.Size = catalogue[i].Size
	}
	b, err := newBuilder(name, o)
	if err != nil {
		return nil, err
	}
	b.a.Usual = catalogue[i].Size
	catalogue[i].build(b)
	return b.finish()
}

type builder struct {
	a    *Arch
	o    Options
	last int // index of the layer that the next one reads
	head string
}

func newBuilder(name string, o Options) (*builder, error) {
	if o.Classes == 0 {
		o.Classes = DefaultClasses
	}
	if o.Channels == 0 {
		o.Channels = DefaultChannels
	}
	if o.WithoutPoints {
		o.PointOutputs = 0
	}
	switch {
	case o.Classes < 1 || o.Channels < 1 || o.Size < 1:
		return nil, fmt.Errorf("%s: %d classes, %d channels, size %d: all must be positive", name, o.Classes, o.Channels, o.Size)
	case o.PointOutputs != 0 && o.PointOutputs != 2 && o.PointOutputs != 2*o.Classes:
		return nil, fmt.Errorf("%s: %d outputs of the point head: want 2, or 2 per class (%d)", name, o.PointOutputs, 2*o.Classes)
	case !(o.Guide >= 0 && o.Guide <= 1) || !(o.GuideSigma >= 0):
		return nil, fmt.Errorf("%s: pooling is guided with a share of %g and a width of %g, want 0 to 1 and above 0", name, o.Guide, o.GuideSigma)
	case o.Guide > 0 && !o.WithoutPoints && o.PointOutputs != 2:
		return nil, fmt.Errorf("%s: guided pooling needs one point in each image, but the point head has %d outputs", name, o.PointOutputs)
	case o.Attend && o.PointOutputs > 2:
		return nil, fmt.Errorf("%s: a pooling that predicts its weights learns from one point in each image, but the point head has %d outputs", name, o.PointOutputs)
	case o.Guide > 0 && o.Attend:
		return nil, fmt.Errorf("%s: pooling is guided by points, or predicts its weights, but not both", name)
	case o.DropPath < 0 || o.DropPath >= 1:
		return nil, fmt.Errorf("%s: the rate of stochastic depth is %g, want 0 or more and less than 1", name, o.DropPath)
	}
	a := &Arch{Name: name, Channels: o.Channels, Size: o.Size, Classes: o.Classes, PointOutputs: o.PointOutputs}
	return &builder{a: a, o: o, last: Image, head: "fc"}, nil
}

// add appends a layer and makes it the last. The layer reads the last one unless l.In names others. It
// returns the layer's index.
func (b *builder) add(l Layer) int {
	if l.In == nil {
		l.In = []int{b.last}
	}
	b.a.Layers = append(b.a.Layers, l)
	b.last = len(b.a.Layers) - 1
	return b.last
}

// finish appends the heads, which read the last layer, and returns the network.
func (b *builder) finish() (*Arch, error) {
	a := b.a
	a.Features = b.last
	if b.o.Distilled {
		if a.Layers[a.Features].Op != ClassToken {
			return nil, fmt.Errorf("%s: only transformers have a token of distillation", a.Name)
		}
		a.Name = strings.Replace(a.Name, "_patch", "_distilled_patch", 1)
	}
	if b.o.Guide > 0 || b.o.Attend {
		pool := &a.Layers[a.Features]
		if pool.Op != GAP {
			return nil, fmt.Errorf("%s: has no average over positions that a point could guide", a.Name)
		}
		if b.o.Attend {
			pool.Op, pool.Name = AttendPool, AttendName
		}
		if pool.Alpha, pool.Sigma = b.o.Guide, b.o.GuideSigma; pool.Sigma == 0 {
			pool.Sigma = DefaultGuideSigma
		}
	}
	a.Heads.Points = -1
	a.Heads.Classes = b.add(Layer{Op: Linear, Name: b.head, In: []int{a.Features}, Out: a.Classes, Bias: true})
	if a.PointOutputs > 0 {
		a.Heads.Points = b.add(Layer{Op: Linear, Name: strings.TrimSuffix(PointPrefix, "."), In: []int{a.Features}, Out: a.PointOutputs, Bias: true})
	}
	if _, err := a.Shapes(); err != nil {
		return nil, err
	}
	return a, nil
}

func (b *builder) conv(name string, out, kernel, stride int) {
	b.add(Layer{Op: Conv, Name: name, Out: out, Kernel: kernel, Stride: stride, Pad: kernel / 2})
}

func (b *builder) bn(name string) {
	b.add(Layer{Op: BatchNorm, Name: name, Eps: 1e-5, Momentum: 0.1})
}

func (b *builder) relu() { b.add(Layer{Op: ReLU}) }

func (b *builder) dropPath(block, blocks int) {
	if rate := b.o.DropPath * float64(block) / float64(max(1, blocks-1)); rate > 0 {
		b.add(Layer{Op: DropPath, Rate: rate})
	}
}

// resnet returns the entry of a ResNet. With four stages from 64 channels it is torchvision's; the networks
// for small images have a 3 × 3 stem without pooling.
func resnet(name string, size int, bottleneck bool, width int, about string, blocks ...int) Spec {
	return Spec{Name: name, Size: size, About: about, build: func(b *builder) {
		if width == 64 {
			b.add(Layer{Op: Conv, Name: "conv1", Out: width, Kernel: 7, Stride: 2, Pad: 3})
		} else {
			b.conv("conv1", width, 3, 1)
		}
		b.bn("bn1")
		b.relu()
		if width == 64 {
			b.add(Layer{Op: MaxPool, Kernel: 3, Stride: 2, Pad: 1})
		}
		total, done, in := 0, 0, width
		for _, n := range blocks {
			total += n
		}
		for stage, n := range blocks {
			for i := range n {
				stride := 1
				if i == 0 && stage > 0 {
					stride = 2
				}
				in = b.block(fmt.Sprintf("layer%d.%d", stage+1, i), bottleneck, in, width<<stage, stride, done, total)
				done++
			}
		}
		b.add(Layer{Op: GAP})
	}}
}

// block appends torchvision's BasicBlock, or its Bottleneck with the stride on the 3 × 3 convolution, and
// returns the number of its output channels.
func (b *builder) block(name string, bottleneck bool, in, width, stride, index, total int) int {
	start, out := b.last, width
	if bottleneck {
		out = 4 * width
		b.conv(name+".conv1", width, 1, 1)
		b.bn(name + ".bn1")
		b.relu()
		b.conv(name+".conv2", width, 3, stride)
		b.bn(name + ".bn2")
		b.relu()
		b.conv(name+".conv3", out, 1, 1)
		b.bn(name + ".bn3")
	} else {
		b.conv(name+".conv1", width, 3, stride)
		b.bn(name + ".bn1")
		b.relu()
		b.conv(name+".conv2", width, 3, 1)
		b.bn(name + ".bn2")
	}
	b.dropPath(index, total)
	body, shortcut := b.last, start
	if stride != 1 || in != out {
		b.add(Layer{Op: Conv, Name: name + ".downsample.0", In: []int{start}, Out: out, Kernel: 1, Stride: stride})
		b.bn(name + ".downsample.1")
		shortcut = b.last
	}
	b.add(Layer{Op: Add, In: []int{body, shortcut}})
	b.relu()
	return out
}

func cnn(name string, size, width, stages int, about string) Spec {
	return Spec{Name: name, Size: size, About: about, build: func(b *builder) {
		for i := range stages {
			b.conv(fmt.Sprintf("conv%d", i+1), width<<i, 3, 1)
			b.bn(fmt.Sprintf("bn%d", i+1))
			b.relu()
			if i < stages-1 {
				b.add(Layer{Op: MaxPool, Kernel: 2, Stride: 2})
			}
		}
		b.add(Layer{Op: GAP})
	}}
}

// strided returns the entry of a network whose convolutions all halve the map, so that after a few of them
// each position sees the whole image.
func strided(name string, size, width int, about string) Spec {
	return Spec{Name: name, Size: size, About: about, build: func(b *builder) {
		for i, factor := range []int{1, 2, 4, 8, 8} {
			kernel := 3
			if i == 0 {
				kernel = 5
			}
			b.conv(fmt.Sprintf("conv%d", i+1), factor*width, kernel, 2)
			b.bn(fmt.Sprintf("bn%d", i+1))
			b.relu()
		}
		b.add(Layer{Op: GAP})
	}}
}

func vit(name string, size, patch, width, depth, heads int, about string) Spec {
	return Spec{Name: name, Size: size, About: about, build: func(b *builder) {
		b.head = "head"
		b.add(Layer{Op: Conv, Name: "patch_embed.proj", Out: width, Kernel: patch, Stride: patch, Bias: true})
		tokens := 1
		if b.o.Distilled {
			tokens = 2
		}
		b.add(Layer{Op: Embed, Tokens: tokens})
		for i := range depth {
			name := fmt.Sprintf("blocks.%d", i)
			b.residual(i, depth, func() {
				b.norm(name + ".norm1")
				b.linear(name+".attn.qkv", 3*width)
				b.add(Layer{Op: Attention, Heads: heads})
				b.linear(name+".attn.proj", width)
			})
			b.residual(i, depth, func() {
				b.norm(name + ".norm2")
				b.linear(name+".mlp.fc1", 4*width)
				b.add(Layer{Op: GELU})
				b.linear(name+".mlp.fc2", width)
			})
		}
		b.norm("norm")
		b.add(Layer{Op: ClassToken, Tokens: tokens})
	}}
}

func (b *builder) norm(name string) { b.add(Layer{Op: LayerNorm, Name: name, Eps: 1e-6}) }

func (b *builder) linear(name string, out int) {
	b.add(Layer{Op: Linear, Name: name, Out: out, Bias: true})
}

func (b *builder) residual(index, total int, body func()) {
	start := b.last
	body()
	b.dropPath(index, total)
	b.add(Layer{Op: Add, In: []int{start, b.last}})
}
