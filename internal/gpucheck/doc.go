//go:build xla

// Gpucheck measures the GPU engine on a machine that has a GPU but no Go: it is built elsewhere and carried there. It is without DuckDB and so
// half as large as abtool. scripts/gpu-check runs its parts beside PyTorch's and makes a table of them.
//
//	CGO_ENABLED=1 go build -tags xla -trimpath -ldflags "-s -w" -o gpucheck ./internal/gpucheck
//	gpucheck devices
//	gpucheck parity
//	gpucheck speed -arch resnet50 -batch 256 -precision bf16
//	gpucheck loader
//	gpucheck train -out run
//	gpucheck resume -out run
//
// Each part prints one JSON object; it fails if what it checks does not hold. -engine names a PJRT plugin, or go, GoMLX's own backend, with which
// everything can be tried on small sizes without a GPU.
package main
