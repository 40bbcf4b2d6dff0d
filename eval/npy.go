package eval

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"strconv"
)

var (
	npyType  = regexp.MustCompile(`'descr':\s*'([^']*)'`)
	npyOrder = regexp.MustCompile(`'fortran_order':\s*(True|False)`)
	npyShape = regexp.MustCompile(`'shape':\s*\((\d+),\s*(\d+),?\s*\)`)
)

// npyBytes has the number of bytes of a value by type.
var npyBytes = map[string]int{"|b1": 1, "|u1": 1, "|i1": 1, "<u2": 2, "<i2": 2, "<u4": 4, "<i4": 4, "<u8": 8, "<i8": 8}

// readMask reads a numpy file (format 1.0 or 2.0) with a 2-d array of booleans or of integers that are 0 or 1, row
// by row.
func readMask(file []byte) (mask []bool, height, width int, err error) {
	fail := func(text string, args ...any) ([]bool, int, int, error) {
		return nil, 0, 0, fmt.Errorf("reading a mask: "+text, args...)
	}
	if len(file) < 12 || !bytes.HasPrefix(file, []byte("\x93NUMPY")) {
		return fail("%w", errors.New("it is not a numpy file (.npy)"))
	}
	length, at := int(binary.LittleEndian.Uint16(file[8:])), 10
	switch file[6] {
	case 1:
	case 2:
		length, at = int(binary.LittleEndian.Uint32(file[8:])), 12
	default:
		return fail("numpy format %d.%d is unknown: save it again with numpy.save", file[6], file[7])
	}
	if length > len(file)-at {
		return fail("the file ends within its header")
	}
	header, values := file[at:at+length], file[at+length:]
	typ, order, shape := npyType.FindSubmatch(header), npyOrder.FindSubmatch(header), npyShape.FindSubmatch(header)
	if typ == nil || order == nil || shape == nil || string(order[1]) == "True" {
		return fail("the header %.100q is not one of a 2-d array, row by row", header)
	}
	size, ok := npyBytes[string(typ[1])]
	if !ok {
		return fail("values of type %s: booleans or integers are needed", typ[1])
	}
	height, errHeight := strconv.Atoi(string(shape[1]))
	width, errWidth := strconv.Atoi(string(shape[2]))
	if errHeight != nil || errWidth != nil || height < 1 || width < 1 || height > 1<<14 || width > 1<<14 || height*width*size != len(values) {
		return fail("an array of %s × %s values of %d bytes does not have the %d bytes that the file has", shape[1], shape[2], size, len(values))
	}
	mask = make([]bool, height*width)
	var zero, one [8]byte
	one[0] = 1
	for i := range mask {
		switch v := values[i*size : (i+1)*size]; {
		case bytes.Equal(v, one[:size]):
			mask[i] = true
		case !bytes.Equal(v, zero[:size]):
			return fail("value %d is neither 0 nor 1", i)
		}
	}
	return mask, height, width, nil
}
