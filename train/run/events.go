package run

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"os"
)

// An eventFile writes scalars in TensorBoard's format. A record is its length, the masked CRC-32C of the
// length, an Event message, and the masked CRC-32C of the message.
type eventFile struct{ f *os.File }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func masked(b []byte) uint32 {
	c := crc32.Checksum(b, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}

// openEvents creates the file, replacing an old one, and writes the record with its version.
func openEvents(path string) (*eventFile, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	e := &eventFile{f}
	return e, e.record(append(field(3, 2), bytesOf("brain.Event:2")...), 0)
}

// scalars writes the values of a step: message Event {wall_time: 1, step: 2, summary: 5 {value: 1 {tag: 1,
// simple_value: 2}}}. The wall time is the number of the step, so that the same run writes the same bytes.
func (e *eventFile) scalars(step int, values []scalar) error {
	var summary []byte
	for _, v := range values {
		if math.IsNaN(v.value) {
			continue
		}
		value := append(field(1, 2), bytesOf(v.tag)...)
		value = binary.LittleEndian.AppendUint32(append(value, field(2, 5)...), math.Float32bits(float32(v.value)))
		summary = append(append(summary, field(1, 2)...), bytesOf(string(value))...)
	}
	b := binary.AppendUvarint(field(2, 0), uint64(step))
	return e.record(append(append(b, field(5, 2)...), bytesOf(string(summary))...), float64(step))
}

type scalar struct {
	tag   string
	value float64
}

func field(number, wire uint64) []byte { return binary.AppendUvarint(nil, number<<3|wire) }

func bytesOf(s string) []byte { return append(binary.AppendUvarint(nil, uint64(len(s))), s...) }

func (e *eventFile) record(message []byte, wall float64) error {
	message = append(binary.LittleEndian.AppendUint64(field(1, 1), math.Float64bits(wall)), message...)
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(message)))
	b = binary.LittleEndian.AppendUint32(b, masked(b))
	b = append(b, message...)
	b = binary.LittleEndian.AppendUint32(b, masked(message))
	_, err := e.f.Write(b)
	return err
}

func (e *eventFile) close() error { return e.f.Close() }
