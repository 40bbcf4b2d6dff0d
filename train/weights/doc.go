// Package weights reads and writes network weights as safetensors files. It uses the parameter names and
// the layouts of torchvision and timm (convolutions OIHW, linear layers out × in), so that PyTorch can read
// the files and write them.
//
// A file is
//
//	offset  bytes  content
//	0       8      N, the header's length, unsigned little-endian
//	8       N      JSON: {"__metadata__": {string: string}, NAME: {"dtype", "shape", "data_offsets": [begin, end]}, …}
//	8+N     rest   the tensors, little-endian, at the offsets (relative to 8+N)
//
// The tensors must cover the rest without holes or overlaps. Reading converts F64, F16 and BF16 to float32
// and skips integer tensors such as num_batches_tracked, which Set.Skipped lists. Writing always uses F32
// and sorts the tensors by name; it writes a temporary file, which is renamed when it is complete.
package weights
