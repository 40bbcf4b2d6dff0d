package export

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"path/filepath"

	"abtool/internal/replace"
	"abtool/train/export/onnx"
	"abtool/train/weights"
)

// Write writes the weights to a file: for ONNX the whole network, else as safetensors, or as PyTorch's own format if
// its name ends in .pth.
func (w *Weights) Write(path string) error {
	switch ext := filepath.Ext(path); {
	case w.target == ONNX && ext != ".onnx":
		return fmt.Errorf("--out %s has another ending than .onnx", path)
	case w.target == ONNX:
		return onnx.Write(path, w.network, w.Set, w.Set.Metadata)
	case ext == ".pth":
		return writeTorch(path, w.Set)
	case ext == ".safetensors" && w.target == MMDetection:
		return fmt.Errorf("mmdetection reads .pth only: give another --out than %s", path)
	case ext == ".safetensors":
		return weights.WriteFile(path, w.Set)
	}
	return fmt.Errorf("--out %s has another ending than .safetensors and .pth", path)
}

// writeTorch writes weights as a checkpoint that torch.load reads: a dict of tensors, in the format of PyTorch
// 1.6 and later, which MMDetection needs. It is a zip archive of a pickle, which describes the tensors, and a
// file of values for each of them.
func writeTorch(path string, s *weights.Set) error {
	err := replace.File(path, func(w io.Writer) error { return archive(w, s) })
	if err != nil {
		return fmt.Errorf("writing weights to %s: %w", path, err)
	}
	return nil
}

func archive(w io.Writer, s *weights.Set) error {
	z := zip.NewWriter(w)
	tensors := s.Tensors()
	if err := store(z, "archive/data.pkl", pickled(tensors)); err != nil {
		return err
	}
	if err := store(z, "archive/byteorder", []byte("little")); err != nil {
		return err
	}
	for i, t := range tensors {
		values := make([]byte, 0, 4*len(t.Data))
		for _, v := range t.Data {
			values = binary.LittleEndian.AppendUint32(values, math.Float32bits(v))
		}
		if err := store(z, fmt.Sprintf("archive/data/%d", i), values); err != nil {
			return err
		}
	}
	if err := store(z, "archive/version", []byte("3\n")); err != nil {
		return err
	}
	return z.Close()
}

// store adds an uncompressed file, with its length before it, as PyTorch needs it.
func store(z *zip.Writer, name string, content []byte) error {
	f, err := z.CreateRaw(&zip.FileHeader{
		Name: name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(content),
		CompressedSize64: uint64(len(content)), UncompressedSize64: uint64(len(content)),
	})
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return err
}

// Operations of Python's pickle, protocol 2.
const (
	opProto        = "\x80\x02"
	opMark         = "("
	opEmptyDict    = "}"
	opEmptyTuple   = ")"
	opGlobal       = "c"
	opReduce       = "R"
	opText         = "X"
	opInt          = "J"
	opTuple        = "t"
	opPersistentID = "Q"
	opFalse        = "\x89"
	opSetItems     = "u"
	opStop         = "."
)

// pickled returns a dict of tensors as a pickle. Each one is a call of torch._utils._rebuild_tensor_v2 with its
// storage (a file of the archive), offset, shape, strides, whether it needs a gradient, and hooks.
func pickled(tensors []weights.Tensor) []byte {
	var b bytes.Buffer
	text := func(s string) {
		b.WriteString(opText)
		b.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(s))))
		b.WriteString(s)
	}
	number := func(n int) {
		b.WriteString(opInt)
		b.Write(binary.LittleEndian.AppendUint32(nil, uint32(int32(n))))
	}
	tuple := func(list []int) {
		b.WriteString(opMark)
		for _, n := range list {
			number(n)
		}
		b.WriteString(opTuple)
	}
	global := func(module, name string) { b.WriteString(opGlobal + module + "\n" + name + "\n") }
	b.WriteString(opProto + opEmptyDict + opMark)
	for i, t := range tensors {
		text(t.Name)
		global("torch._utils", "_rebuild_tensor_v2")
		b.WriteString(opMark + opMark)
		text("storage")
		global("torch", "FloatStorage")
		text(fmt.Sprint(i))
		text("cpu")
		number(len(t.Data))
		b.WriteString(opTuple + opPersistentID)
		number(0)
		tuple(t.Shape)
		strides := make([]int, len(t.Shape))
		for k, n := len(strides)-1, 1; k >= 0; k-- {
			strides[k] = n
			n *= t.Shape[k]
		}
		tuple(strides)
		b.WriteString(opFalse)
		global("collections", "OrderedDict")
		b.WriteString(opEmptyTuple + opReduce + opTuple + opReduce)
	}
	b.WriteString(opSetItems + opStop)
	return b.Bytes()
}
