// Package eval runs networks over benchmarks and writes what they answered (package outputs). The numbers come
// from these files (package metric).
//
// Weights must be safetensors files. In Python, with PyTorch and the package safetensors, two lines convert others:
//
//	sd = torch.load("w.pth", map_location="cpu")
//	safetensors.torch.save_file(sd.get("model", sd), "w.safetensors")
package eval
