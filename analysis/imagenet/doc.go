// Package imagenet has the statistics of ImageNet-AB, one a file.
package imagenet
