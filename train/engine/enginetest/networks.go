package enginetest

import (
	"fmt"

	"abtool/train/arch"
)

// build is a list of layers under construction.
type build []arch.Layer

func (b *build) add(l arch.Layer) int {
	if l.In == nil {
		l.In = []int{len(*b) - 1}
	}
	*b = append(*b, l)
	return len(*b) - 1
}

func (b *build) conv(name string, out, kernel, stride, pad int, bias bool) {
	b.add(arch.Layer{Op: arch.Conv, Name: name, Out: out, Kernel: kernel, Stride: stride, Pad: pad, Bias: bias})
}

func (b *build) bn(name string) int {
	return b.add(arch.Layer{Op: arch.BatchNorm, Name: name, Eps: 1e-5, Momentum: 0.1})
}

func (b *build) relu() { b.add(arch.Layer{Op: arch.ReLU}) }

// heads appends the heads and returns the network.
func (b *build) heads(name, class string, v vector) *arch.Arch {
	a := &arch.Arch{Name: name, Channels: v.Channels, Size: v.Size, Classes: v.Classes, PointOutputs: v.Outputs, Features: len(*b) - 1}
	a.Heads = arch.Heads{Classes: b.add(arch.Layer{Op: arch.Linear, Name: class, Out: v.Classes, Bias: true}), Points: -1}
	if v.Outputs > 0 {
		a.Heads.Points = b.add(arch.Layer{Op: arch.Linear, Name: "point_head", In: []int{a.Features}, Out: v.Outputs, Bias: true})
	}
	a.Layers = *b
	return a
}

func residual(v vector) *arch.Arch {
	var b build
	b.conv("conv1", 8, 3, 1, 1, false)
	b.bn("bn1")
	b.relu()
	b.add(arch.Layer{Op: arch.MaxPool, Kernel: 3, Stride: 2, Pad: 1})
	in := 8
	for i, out := range []int{8, 12} {
		name, start, stride := fmt.Sprintf("block%d", i+1), len(b)-1, i+1
		b.conv(name+".conv1", out, 3, stride, 1, false)
		b.bn(name + ".bn1")
		b.relu()
		b.conv(name+".conv2", out, 3, 1, 1, false)
		body, shortcut := b.bn(name+".bn2"), start
		if in != out {
			b.add(arch.Layer{Op: arch.Conv, Name: name + ".downsample.0", In: []int{start}, Out: out, Kernel: 1, Stride: stride})
			shortcut = b.bn(name + ".downsample.1")
		}
		b.add(arch.Layer{Op: arch.Add, In: []int{body, shortcut}})
		b.relu()
		in = out
	}
	b.add(arch.Layer{Op: arch.GAP})
	return b.heads("residual", "fc", v)
}

func plain(v vector) *arch.Arch {
	var b build
	b.conv("conv1", 5, 7, 2, 3, true)
	b.relu()
	b.conv("conv2", 7, 3, 2, 0, false)
	b.bn("bn2")
	b.add(arch.Layer{Op: arch.GAP})
	return b.heads("plain", "fc", v)
}

func attention(v vector) *arch.Arch {
	const width = 12
	var b build
	linear := func(name string, out int) { b.add(arch.Layer{Op: arch.Linear, Name: name, Out: out, Bias: true}) }
	norm := func(name string) { b.add(arch.Layer{Op: arch.LayerNorm, Name: name, Eps: 1e-6}) }
	b.conv("patch_embed.proj", width, 4, 4, 0, true)
	b.add(arch.Layer{Op: arch.Embed, Tokens: 1})
	for i := range 2 {
		name, start := fmt.Sprintf("blocks.%d", i), len(b)-1
		norm(name + ".norm1")
		linear(name+".attn.qkv", 3*width)
		b.add(arch.Layer{Op: arch.Attention, Heads: 2})
		linear(name+".attn.proj", width)
		start = b.add(arch.Layer{Op: arch.Add, In: []int{start, len(b) - 1}})
		norm(name + ".norm2")
		linear(name+".mlp.fc1", 2*width)
		b.add(arch.Layer{Op: arch.GELU})
		linear(name+".mlp.fc2", width)
		b.add(arch.Layer{Op: arch.Add, In: []int{start, len(b) - 1}})
	}
	norm("norm")
	b.add(arch.Layer{Op: arch.ClassToken, Tokens: 1})
	return b.heads("attention", "head", v)
}
