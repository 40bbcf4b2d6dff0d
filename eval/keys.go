package eval

import (
	"fmt"
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

// fit returns the architecture of that name with as many classes as a file of weights has, and its weights. The
// file may use the names of torchvision, timm or DeiT, with a prefix of training scripts before all of them.
// Every tensor of the network must be in the file, and every tensor of the file in the network, apart from
// counters of batches and abtool's point head.
func fit(name string, file *weights.Set) (*arch.Arch, *weights.Set, error) {
	if known, ok := archNames[name]; ok {
		name = known
	}
	a, err := arch.New(name, arch.Options{})
	if err != nil {
		return nil, nil, err
	}
	head := strings.TrimSuffix(a.Layers[a.Heads.Classes].Name, ".")
	from := renamed(file, head).Without(arch.PointPrefix)
	if t, ok := from.Get(head + ".weight"); ok && len(t.Shape) == 2 && t.Shape[0] != a.Classes {
		if a, err = arch.New(name, arch.Options{Classes: t.Shape[0]}); err != nil {
			return nil, nil, err
		}
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
		return ". It is a distilled DeiT, which has a second head: abtool has DeiT without distillation"
	case slices.ContainsFunc(r.Mismatched, func(m weights.Mismatch) bool { return m.Name == "pos_embed" }):
		return ". The position embedding has another length: the weights are of another image size, patch size or width"
	case r.Loaded < len(r.Missing)/10:
		return ". Hardly any name fits: give the architecture of the weights, and name the tensors as torchvision or timm do"
	case len(r.Missing) > 0 && len(r.Mismatched) == 0 && len(r.Unexpected) > 0, len(r.Mismatched) > 2:
		return ". Is it another architecture?"
	}
	return ""
}
