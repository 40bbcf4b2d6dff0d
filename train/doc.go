// Package train documents the packages that train a classifier with the auxiliary point head (section 5 of
// the paper):
//
//	arch     networks as data, with the two heads
//	weights  safetensors files under torchvision's and timm's names
//	loss     the objective at the heads
//	optim    optimisers, schedules, clipping, moving average
//	data     images and targets, decoded, augmented and put together
//	engine   the interface of engines, with engine/gorgonia for CPUs and engine/xla for GPUs
//	run      training by a recipe, in a folder; evaluation
//	experiment  comparisons of ways to train
package train
