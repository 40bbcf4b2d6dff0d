package ingest

import (
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/format"
)

// codec compresses pages with zstd level 1. Its window is as large as a page needs. The codec of parquet-go
// has a window of 4 MB, and takes 8 MB of memory for each encoder.
type codec struct {
	*zstd.Encoder
	*zstd.Decoder
}

var compression = newCodec()

// parquet-go compresses the pages of the small tables with compression, and package columnar compresses the
// pages of annotations.
var _ compress.Codec = compression

const windowBytes = 1 << 20

func newCodec() codec {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(windowBytes),
		zstd.WithLowerEncoderMem(true), zstd.WithZeroFrames(true), zstd.WithEncoderCRC(false))
	if err != nil {
		panic(err) // the options are constants
	}
	d, err := zstd.NewReader(nil, zstd.WithDecoderLowmem(true))
	if err != nil {
		panic(err)
	}
	return codec{e, d}
}

func (c codec) String() string { return "ZSTD" }

func (c codec) CompressionCodec() format.CompressionCodec { return format.Zstd }

func (c codec) Encode(dst, src []byte) ([]byte, error) { return c.EncodeAll(src, dst[:0]), nil }

func (c codec) Decode(dst, src []byte) ([]byte, error) { return c.DecodeAll(src, dst[:0]) }

func (c codec) compress(dst, src []byte) []byte { return c.EncodeAll(src, dst) }
