package eval

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"abtool/train/arch"
	"abtool/train/weights"
)

// archNames has other libraries' names of the architectures of train/arch.
var archNames = map[string]string{
	"deit_tiny_patch16_224": "vit_tiny_patch16_224", "deit_small_patch16_224": "vit_small_patch16_224",
	"deit_base_patch16_224": "vit_base_patch16_224",
	"deit_tiny":             "vit_tiny_patch16_224", "deit_small": "vit_small_patch16_224", "deit_base": "vit_base_patch16_224",
	"vit_b_16": "vit_base_patch16_224",
}

// prefixes are what training scripts put before all names.
var prefixes = []string{"module.", "_orig_mod.", "model.", "backbone."}

// torchvisionViT replaces the names in torchvision's vision transformers by timm's.
var torchvisionViT = strings.NewReplacer(
	"class_token", "cls_token", "encoder.pos_embedding", "pos_embed", "conv_proj.", "patch_embed.proj.",
	"encoder.layers.encoder_layer_", "blocks.", ".ln_1.", ".norm1.", ".ln_2.", ".norm2.",
	".self_attention.in_proj_", ".attn.qkv.", ".self_attention.out_proj.", ".attn.proj.",
	".mlp.linear_1.", ".mlp.fc1.", ".mlp.linear_2.", ".mlp.fc2.", ".mlp.0.", ".mlp.fc1.", ".mlp.3.", ".mlp.fc2.",
	"encoder.ln.", "norm.", "heads.head.", "head.",
)

var counter = regexp.MustCompile(`(^|\.)num_batches_tracked$`)

// distilled marks the names of DeiT's distilled networks.
const distilled = "_distilled"

// fit returns the architecture of that name with as many classes as a file of weights has, and its weights. The size
// of its input is as given, or 0 for the one that the position embedding has, or the architecture's. The file may use the names of torchvision, timm or DeiT, with a prefix of training scripts before all of them.
// Every tensor of the network must be in the file, and every tensor of the file in the network, apart from
// counters of batches and abtool's point head.
func fit(name string, size int, file *weights.Set) (*arch.Arch, *weights.Set, error) {
	o := arch.Options{Size: size, Distilled: strings.Contains(name, distilled)}
	name = strings.Replace(name, distilled, "", 1)
	if known, ok := archNames[name]; ok {
		name = known
	}
	a, err := arch.New(name, o)
	if err != nil {
		return nil, nil, err
	}
	head := a.Layers[a.Heads.Classes].Name
	from := renamed(file, head).Without(arch.PointPrefix)
	if o.Distilled {
		if from, err = merged(from, head); err != nil {
			return nil, nil, fmt.Errorf("the weights do not fit %s: %w", a.Name, err)
		}
	}
	if t, ok := from.Get(head + ".weight"); ok && len(t.Shape) == 2 {
		o.Classes = t.Shape[0]
	}
	if size == 0 {
		o.Size = embeddedSize(a, from)
	}
	if _, ok := from.Get(arch.AttendName + ".weight"); ok {
		o.Attend = a.Layers[a.Features].Op == arch.GAP
	}
	if a, err = arch.New(name, o); err != nil {
		return nil, nil, err
	}
	set := a.Zeros()
	report := weights.Fit(set, from)
	if !report.Complete() || len(report.Unexpected) > 0 {
		return nil, nil, fmt.Errorf("the weights do not fit %s: %s%s", name, report, advice(&report))
	}
	return a, set, nil
}

// renamed returns the tensors of a file under the names of train/arch.
func renamed(file *weights.Set, head string) *weights.Set {
	tensors := slices.DeleteFunc(file.Tensors(), func(t weights.Tensor) bool { return counter.MatchString(t.Name) })
	for again := len(tensors) > 0; again; {
		again = slices.ContainsFunc(prefixes, func(prefix string) bool { return cut(tensors, prefix) })
	}
	torchvision := slices.ContainsFunc(tensors, func(t weights.Tensor) bool { return t.Name == "class_token" })
	set := weights.NewSet()
	for _, t := range tensors {
		if torchvision {
			t.Name = torchvisionViT.Replace(t.Name)
		}
		for _, other := range []string{"fc", "head"} { // both libraries call a linear classifier by either name
			if last, ok := strings.CutPrefix(t.Name, other+"."); ok && (last == "weight" || last == "bias") {
				t.Name = head + "." + last
			}
		}
		set.Put(t)
	}
	return set
}

// merged returns the tensors of a distilled DeiT with its two tokens in one tensor, and its two heads as one that
// reads both tokens and gives the mean of what the two give.
func merged(file *weights.Set, head string) (*weights.Set, error) {
	set := weights.NewSet()
	for _, t := range file.Tensors() {
		second := ""
		switch t.Name {
		case "dist_token", "head_dist.weight", "head_dist.bias":
			continue
		case "cls_token":
			second = "dist_token"
		case head + ".weight", head + ".bias":
			second = "head_dist" + strings.TrimPrefix(t.Name, head)
		}
		if second != "" {
			other, ok := file.Get(second)
			if !ok {
				return nil, fmt.Errorf("not in the file: %s. It may be a DeiT without distillation", second)
			}
			if !slices.Equal(other.Shape, t.Shape) || len(t.Shape) == 0 {
				return nil, fmt.Errorf("%s has the shape %v, and %s %v", second, other.Shape, t.Name, t.Shape)
			}
			t = joined(t, other)
		}
		set.Put(t)
	}
	return set, nil
}

// joined returns two tokens as one tensor of both, or the heads that read one of them as one that reads both.
func joined(a, b weights.Tensor) weights.Tensor {
	t := weights.Tensor{Name: a.Name, Shape: slices.Clone(a.Shape)}
	switch len(a.Shape) {
	case 1: // biases: the mean
		for i, v := range a.Data {
			t.Data = append(t.Data, v/2+b.Data[i]/2)
		}
	case 2: // weights, classes × values: half of each, side by side
		width := a.Shape[1]
		t.Shape[1] *= 2
		for at := 0; at < len(a.Data); at += width {
			for _, row := range [][]float32{a.Data[at : at+width], b.Data[at : at+width]} {
				for _, v := range row {
					t.Data = append(t.Data, v/2)
				}
			}
		}
	default: // tokens, 1 × 1 × values
		t.Shape[1] *= 2
		t.Data = slices.Concat(a.Data, b.Data)
	}
	return t
}

// embeddedSize returns the size of the input of a transformer whose position embedding is in a file, or 0 if it has
// none, or not one of a square of patches.
func embeddedSize(a *arch.Arch, file *weights.Set) int {
	i := slices.IndexFunc(a.Layers, func(l arch.Layer) bool { return l.Op == arch.Embed })
	t, ok := file.Get("pos_embed")
	if i < 0 || !ok || len(t.Shape) != 3 {
		return 0
	}
	patches := t.Shape[1] - a.Layers[i].Tokens
	side := int(math.Sqrt(float64(max(patches, 0))))
	if side*side != patches {
		return 0
	}
	return side * a.Layers[a.Layers[i].In[0]].Stride
}

// cut removes a prefix from the names of all tensors, if each has it.
func cut(tensors []weights.Tensor, prefix string) bool {
	if slices.ContainsFunc(tensors, func(t weights.Tensor) bool { return !strings.HasPrefix(t.Name, prefix) }) {
		return false
	}
	for i := range tensors {
		tensors[i].Name = strings.TrimPrefix(tensors[i].Name, prefix)
	}
	return true
}

// advice guesses why weights do not fit.
func advice(r *weights.Report) string {
	has := func(names []string, part string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.Contains(n, part) })
	}
	switch {
	case has(r.Unexpected, "dist_token"):
		return ". It is a distilled DeiT, which has a second head: give its name, such as --arch deit_small_distilled_patch16_224"
	case slices.ContainsFunc(r.Mismatched, func(m weights.Mismatch) bool { return m.Name == "pos_embed" }):
		return ". The position embedding has another length: the weights are of another image size, patch size or width"
	case r.Loaded < len(r.Missing)/10:
		return ". Hardly any name fits: give the architecture of the weights, and name the tensors as torchvision or timm do"
	case len(r.Missing) > 0 && len(r.Mismatched) == 0 && len(r.Unexpected) > 0, len(r.Mismatched) > 2:
		return ". Is it another architecture?"
	}
	return ""
}
