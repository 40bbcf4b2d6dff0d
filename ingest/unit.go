package ingest

// unit is a chunk of a source that one worker reads.
type unit struct {
	chunk
	src    *source
	told   bool  // the source has told which data set it is of
	want   int   // bytes that the buffer must be able to hold
	ready  bool  // read by the feeder already: ground truth
	broken error // the source is damaged here

	batch *batch
	done  chan struct{}
}

// refuse adds a member that is rejected as it is.
func (u *unit) refuse(name string, at int64, f *fault) {
	u.members = append(u.members, member{name: name, at: at, fault: f})
}

// refuseBytes adds a member that is rejected, with the bytes that show what was found.
func (u *unit) refuseBytes(name string, at int64, found []byte, f *fault) {
	off := len(u.buf)
	u.buf = append(u.buf, found...)
	u.members = append(u.members, member{name: name, off: off, n: len(found), at: at, fault: f})
}
