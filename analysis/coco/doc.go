// Package coco has the statistics of COCO-AB, one a file.
package coco
