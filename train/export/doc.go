// Package export gives weights the names that other programs load them by: detectors of torchvision and
// MMDetection, and models of timm. Names, shapes and numbers are checked against the architecture.
package export
