// Package coco has the statistics of COCO-AB, one in each file. statistics.toml describes them.
package coco
