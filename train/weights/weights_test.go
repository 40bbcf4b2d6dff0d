package weights

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func file(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	b = append(b, header...)
	return append(b, make([]byte, data)...)
}

func TestRoundTrip(t *testing.T) {
	s := NewSet(
		Tensor{"conv1.weight", []int{2, 1, 1, 2}, []float32{1, -2, 3.5, float32(math.Inf(1))}},
		Tensor{"a.scalar", []int{}, []float32{7}},
		Tensor{"empty", []int{0, 3}, []float32{}},
	)
	s.Metadata = map[string]string{"arch": "resnet18"}
	path := filepath.Join(t.TempDir(), "w.safetensors")
	if err := WriteFile(path, s); err != nil {
		t.Fatal(err)
	}
	got, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(s.Metadata, got.Metadata); d != "" {
		t.Error(d)
	}
	for _, want := range s.Tensors() {
		have, _ := got.Get(want.Name)
		if d := cmp.Diff(want, have); d != "" {
			t.Error(d)
		}
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("files left: %v, %v", left, err)
	}
}

func TestOtherTypes(t *testing.T) {
	header := `{"h":{"dtype":"F16","shape":[4],"data_offsets":[0,8]},"b":{"dtype":"BF16","shape":[1],"data_offsets":[8,10]},` +
		`"n":{"dtype":"I64","shape":[],"data_offsets":[10,18]},"d":{"dtype":"F64","shape":[1],"data_offsets":[18,26]}}`
	b := file(header, 0)
	b = append(b, 0x00, 0x3c, 0x01, 0x80, 0xff, 0x7b, 0x00, 0xfc) // 1, -2⁻²⁴, 65504, -inf
	b = append(b, 0xc0, 0x3f)                                     // 1.5
	b = append(b, 5, 0, 0, 0, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(-0.25))
	s, err := Read(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	h, _ := s.Get("h")
	if d := cmp.Diff([]float32{1, -1.0 / (1 << 24), 65504, float32(math.Inf(-1))}, h.Data); d != "" {
		t.Error(d)
	}
	for name, want := range map[string]float32{"b": 1.5, "d": -0.25} {
		if x, _ := s.Get(name); len(x.Data) != 1 || x.Data[0] != want {
			t.Errorf("%s = %v, want %v", name, x.Data, want)
		}
	}
	if d := cmp.Diff([]string{"n"}, s.Skipped); d != "" {
		t.Error(d)
	}
}

func TestInvalid(t *testing.T) {
	huge := binary.LittleEndian.AppendUint64(nil, 1<<62)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"empty":             {nil, "too few"},
		"huge header":       {append(huge, make([]byte, 40)...), "over the limit"},
		"short header":      {file("", 0)[:8:8], "not a JSON object"},
		"header cut":        {file(`{"a":{"dtype":"F32"`, 0)[:20], "ends after"},
		"not a JSON object": {file(`[1]`, 0), "not a JSON object"},
		"data cut":          {file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 7), "truncated"},
		"tail":              {file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 9), "bytes after its end"},
		"overlap":           {file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), "overlap"},
		"hole":              {file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), "belong to no tensor"},
		"wrong size":        {file(`{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`, 8), "needs 12 bytes"},
		"negative":          {file(`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,8]}}`, 8), "impossible shape"},
		"overflow":          {file(`{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}`, 0), "impossible shape"},
		"backward range":    {file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[8,4]}}`, 8), "not a range"},
		"no offsets":        {file(`{"a":{"dtype":"F32","shape":[1]}}`, 4), "not a range"},
		"type":              {file(`{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}`, 4), "unknown type"},
	} {
		_, err := Read(bytes.NewReader(c.file), int64(len(c.file)))
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that contains %q", name, err, c.want)
		}
	}
}

func TestWriteFileKeepsOld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	if err := WriteFile(path, NewSet(Tensor{"a", []int{1}, []float32{1}})); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(path, NewSet(Tensor{"a", []int{2}, []float32{1}})); err == nil {
		t.Fatal("a tensor whose shape does not fit was written")
	}
	s, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if a, _ := s.Get("a"); len(a.Data) != 1 {
		t.Error("the old file is gone")
	}
	left, _ := os.ReadDir(filepath.Dir(path))
	if len(left) != 1 {
		t.Errorf("a temporary file stayed: %v", left)
	}
}

func TestFit(t *testing.T) {
	mine := NewSet(
		Tensor{"conv.weight", []int{2}, []float32{0, 0}},
		Tensor{"fc.weight", []int{3, 1}, []float32{9, 9, 9}},
		Tensor{"point_head.bias", []int{2}, []float32{5, 5}},
	)
	theirs := NewSet(
		Tensor{"conv.weight", []int{2}, []float32{1, 2}},
		Tensor{"fc.weight", []int{1000, 1}, make([]float32, 1000)},
		Tensor{"extra", []int{1}, []float32{1}},
	)
	r := Fit(mine, theirs)
	want := Report{Loaded: 1, Missing: []string{"point_head.bias"}, Unexpected: []string{"extra"},
		Mismatched: []Mismatch{{"fc.weight", []int{3, 1}, []int{1000, 1}}}}
	if d := cmp.Diff(want, r); d != "" {
		t.Error(d)
	}
	if !strings.Contains(r.String(), "left out fc.weight: its shape is [1000 1], the model's [3 1]") {
		t.Error(r)
	}
	if conv, _ := mine.Get("conv.weight"); conv.Data[1] != 2 {
		t.Error("conv.weight was not loaded")
	}
	if fc, _ := mine.Get("fc.weight"); fc.Data[0] != 9 {
		t.Error("fc.weight changed")
	}
	if n := mine.Without("point_head.").Len(); n != 2 {
		t.Errorf("%d tensors without the point head", n)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 8))
	f.Add(file(`{"__metadata__":{"k":"v"}}`, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Read(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := Write(&out, s); err != nil {
			t.Fatal(err)
		}
	})
}

// For a file that people give as weights by mistake, the error says what it is and what to do.
func TestNotWeights(t *testing.T) {
	dir := t.TempDir()
	for text, want := range map[string]string{
		"version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 9\n": "a Git LFS pointer, not the data: fetch the file with git lfs pull",
		"PK\x03\x04" + strings.Repeat("\x00", 26) + "archive/data.pkl":        "a PyTorch file (.pth, .pt, .bin): load it in PyTorch and write it with safetensors.torch.save_file",
		"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.":          "a Python pickle, perhaps an old PyTorch file: load it in PyTorch",
		"<!DOCTYPE html><html>":              "a page of HTML, not the data: the download failed",
		"\x89HDF\r\n\x1a\n":                  "HDF5",
		`{"metadata": {}, "weight_map": {}}`: "but JSON, such as the index of weights in several files: give one of those files",
		"":                                   "an empty file: get it again",
		"\xff\xff\xff\xff\xff\xff\xff\x7f{\"a\": 1}": "a header of 9223372036854775807 bytes is over the limit",
		strings.Repeat("\x00", 5000):                 "a file that begins with nothing but zeros: the download failed",
	} {
		path := filepath.Join(dir, "w.safetensors")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadFile(path); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
	if _, err := ReadFile(dir); err == nil || !strings.Contains(err.Error(), "is a folder: give the .safetensors file in it") {
		t.Errorf("a folder: %v", err)
	}
}
