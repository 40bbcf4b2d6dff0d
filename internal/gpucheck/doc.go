//go:build xla

// Gpucheck measures the GPU engine on a machine that has a GPU but no Go: it is built elsewhere and copied
// there. Without DuckDB it is half as large as abtool. scripts/gpu-check runs its parts and the same work
// in PyTorch, and makes a table of both.
//
//	CGO_ENABLED=1 go build -tags xla -trimpath -ldflags "-s -w" -o gpucheck ./internal/gpucheck
//	gpucheck devices
//	gpucheck parity
//	gpucheck speed -arch resnet50 -batch 256 -precision bf16
//	gpucheck loader
//	gpucheck feed -arch resnet50 -batch 256 -steps 20 -precision bf16
//	gpucheck train -out run
//	gpucheck resume -out run
//
// Each part prints one JSON object and fails if its check fails. -engine gives a PJRT plugin, or go for
// GoMLX's backend in Go, with which all parts run at small sizes without a GPU.
package main
