// Package weights reads and writes network weights as safetensors files, under the parameter names and in the
// layouts of torchvision and timm (convolutions OIHW, linear layers out × in), so that weights come from PyTorch and
// go to it.
//
// A file is
//
//	offset  bytes  content
//	0       8      N, the header's length, unsigned little-endian
//	8       N      JSON: {"__metadata__": {string: string}, NAME: {"dtype", "shape", "data_offsets": [begin, end]}, …}
//	8+N     rest   the tensors, little-endian, at the offsets (relative to 8+N)
//
// The tensors must cover the rest without holes or overlaps. Reading converts F64, F16 and BF16 to float32 and skips
// integer tensors such as num_batches_tracked (Set.Skipped names them); writing is always F32, sorted by name, to a temporary
// file that is renamed when complete.
package weights
