// Package imagenet has the statistics of ImageNet-AB, one in each file. statistics.toml describes them.
package imagenet
