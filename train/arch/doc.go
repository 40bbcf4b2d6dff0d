// Package arch describes networks as data: a list of layers, each of which reads the outputs of earlier
// ones. This package computes nothing; an engine turns the list into operations.
//
// Every network ends in penultimate features of Arch.Width values and one or two linear heads that read
// them (section 4.2 of the paper): g returns the classes, h the points (2 outputs, or 2 per class). Export
// drops h.
//
// Parameter names, shapes and initialisations are those of torchvision (resnet18 … resnet152) and timm
// (vit_tiny_patch16_224, vit_small_patch16_224, vit_base_patch16_224), so that their state_dicts load. The
// integer num_batches_tracked of PyTorch's batch normalisations is left out: PyTorch fills it in when it
// loads.
package arch
