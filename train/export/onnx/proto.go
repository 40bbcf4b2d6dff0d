package onnx

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// The numbers of the fields below are those of onnx.proto, version 1.13.

// Versions of the format. Operators of version 17 include LayerNormalization.
const (
	irVersion = 8
	opset     = 17
)

// Types of tensors and of attributes.
const (
	float32Type = 1
	int64Type   = 7

	floatAttribute = 1
	intAttribute   = 2
	intsAttribute  = 7
)

// A message is a message of protocol buffers under construction.
type message []byte

func (m *message) number(field protowire.Number, v int) {
	*m = protowire.AppendTag(*m, field, protowire.VarintType)
	*m = protowire.AppendVarint(*m, uint64(v))
}

func (m *message) bytes(field protowire.Number, v []byte) {
	*m = protowire.AppendTag(*m, field, protowire.BytesType)
	*m = protowire.AppendBytes(*m, v)
}

func (m *message) text(field protowire.Number, v string) { m.bytes(field, []byte(v)) }

// An attribute is a parameter of an operator: a float64, an int or a []int.
type attribute struct {
	name  string
	value any
}

func (a attribute) encode() (m message) {
	m.text(1, a.name)
	switch v := a.value.(type) {
	case float64:
		m = protowire.AppendTag(m, 2, protowire.Fixed32Type)
		m = protowire.AppendFixed32(m, math.Float32bits(float32(v)))
		m.number(20, floatAttribute)
	case int:
		m.number(3, v)
		m.number(20, intAttribute)
	case []int:
		for _, i := range v {
			m.number(8, i)
		}
		m.number(20, intsAttribute)
	}
	return m
}

// A tensor is a constant of the graph.
type tensor struct {
	name   string
	shape  []int
	floats []float32 // nil: it has ints
	ints   []int
}

// head returns the message without its values, and the number of bytes of its values.
func (t *tensor) head() (m message, size int) {
	for _, d := range t.shape {
		m.number(1, d)
	}
	kind, size := int64Type, 8*len(t.ints)
	if t.floats != nil {
		kind, size = float32Type, 4*len(t.floats)
	}
	m.number(2, kind)
	m.text(8, t.name)
	m = protowire.AppendTag(m, 9, protowire.BytesType)
	return protowire.AppendVarint(m, uint64(size)), size
}

func (t *tensor) values() []byte {
	b := make([]byte, 0, 4*len(t.floats)+8*len(t.ints))
	for _, v := range t.floats {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	for _, v := range t.ints {
		b = binary.LittleEndian.AppendUint64(b, uint64(v))
	}
	return b
}

// value describes an input or an output: float32, for any number of images.
func value(name string, shape ...int) (m message) {
	var axes, kind, whole message
	var images message
	images.text(2, "images")
	axes.bytes(1, images)
	for _, d := range shape {
		var axis message
		axis.number(1, d)
		axes.bytes(1, axis)
	}
	kind.number(1, float32Type)
	kind.bytes(2, axes)
	whole.bytes(1, kind)
	m.text(1, name)
	m.bytes(2, whole)
	return m
}

// writeModel writes a model whose graph has the fields of graph and the constants. metadata are texts about it.
func writeModel(w io.Writer, graph message, constants []tensor, producer string, metadata map[string]string) error {
	size := len(graph)
	for i := range constants {
		head, values := constants[i].head()
		size += protowire.SizeTag(5) + protowire.SizeBytes(len(head)+values)
	}
	var m, operators message
	m.number(1, irVersion)
	m.text(2, producer)
	operators.number(2, opset)
	m.bytes(8, operators)
	keys := make([]string, 0, len(metadata))
	for k := range metadata {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		var entry message
		entry.text(1, k)
		entry.text(2, metadata[k])
		m.bytes(14, entry)
	}
	m = protowire.AppendTag(m, 7, protowire.BytesType)
	m = protowire.AppendVarint(m, uint64(size))
	if _, err := io.Copy(w, bytes.NewReader(append(m, graph...))); err != nil {
		return err
	}
	for i := range constants {
		head, values := constants[i].head()
		m := protowire.AppendTag(nil, 5, protowire.BytesType)
		m = protowire.AppendVarint(m, uint64(len(head)+values))
		if _, err := w.Write(append(m, head...)); err != nil {
			return err
		}
		if _, err := w.Write(constants[i].values()); err != nil {
			return err
		}
	}
	return nil
}
