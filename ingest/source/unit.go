package source

import (
	"abtool/ingest/decode"
)

// Unit is a piece of a source that one worker reads.
type Unit struct {
	decode.Chunk
	Src    *Source
	want   int   // size that the buffer must have
	Ready  bool  // the feeder has read it already, because it is ground truth
	Broken error // the source is damaged here

	Batch *decode.Batch
	Done  chan struct{}
}

// refuse adds a rejected member.
func (u *Unit) refuse(name string, at int64, f *decode.Fault) {
	u.Files = append(u.Files, decode.File{Name: name, At: at, Fault: f})
}

// refuseBytes adds a rejected member with bytes that show what was found.
func (u *Unit) refuseBytes(name string, at int64, found []byte, f *decode.Fault) {
	off := len(u.Buf)
	u.Buf = append(u.Buf, found...)
	u.Files = append(u.Files, decode.File{Name: name, Off: off, N: len(found), At: at, Fault: f})
}
