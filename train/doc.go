// Package train is the room of the classifier with the auxiliary point head (section 5 of the paper). Its parts:
//
//	arch     networks as data, with the two heads
//	weights  safetensors files under torchvision's and timm's names
//	loss     the objective at the heads
//	optim    optimisers, schedules, clipping, moving average
//	data     images and targets, decoded, augmented and put together
//	engine   what computes: the interface, and engine/gorgonia for CPUs
//	run      a training by a recipe, in a folder; evaluation
//	experiment  ways to train, compared
package train
