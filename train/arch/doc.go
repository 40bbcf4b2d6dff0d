// Package arch describes networks as data: a list of layers, each of which reads the outputs of earlier ones. Engines
// lower the list to what they compute with; nothing here computes.
//
// Every network ends in penultimate features of Arch.Width values and one or two linear heads on them (section 4.2 of the paper): the
// classes g, and the points h (2 outputs, or 2 per class). h is dropped on export.
//
// Parameter names, shapes and initialisations are those of torchvision (resnet18 … resnet152) and timm (vit_tiny_patch16_224,
// vit_small_patch16_224, vit_base_patch16_224), so that a state_dict of theirs loads. The integer num_batches_tracked of
// PyTorch's batch normalisations is left out: PyTorch fills it in itself.
package arch
