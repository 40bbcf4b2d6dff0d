package ui

import (
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// Kinds of text that a bar shows next to its share. They can be joined with |.
const (
	Count  Kind = 1 << iota // how many of how many
	Bytes                   // bytes of bytes, and their speed
	Images                  // images of images, and their speed
	Narrow                  // less of the line, for long descriptions
)

// Kind is a set of what a bar shows.
type Kind int

// Bar is a progress bar. Nil draws nothing.
type Bar struct {
	w    io.Writer
	kind Kind

	mu          sync.Mutex
	bar         *progressbar.ProgressBar
	done, total int64
}

// NewBar returns a bar on a terminal, nil if w is not one or if nothing is to be shown.
func NewBar(w io.Writer, quiet bool, kind Kind) *Bar {
	if _, tty := Terminal(w); !tty || quiet {
		return nil
	}
	return &Bar{w: w, kind: kind}
}

// Set shows what is being done, and how much of it is done; a total of −1 is unknown. A smaller
// done, or another total, begins the bar again. It may be called from several goroutines.
func (b *Bar) Set(what string, done, total int64) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bar != nil && (done < b.done || total != b.total) {
		b.bar.Clear()
		b.bar = nil
	}
	if b.bar == nil {
		b.bar = progressbar.NewOptions64(total, b.options()...)
	}
	b.done, b.total = done, total
	b.bar.Describe(what)
	b.bar.Set64(done)
}

func (b *Bar) options() []progressbar.Option {
	list := []progressbar.Option{
		progressbar.OptionSetWriter(b.w), progressbar.OptionThrottle(100 * time.Millisecond),
		progressbar.OptionSetWidth(20), progressbar.OptionClearOnFinish(), progressbar.OptionSpinnerType(14),
	}
	if b.kind&Count != 0 {
		list = append(list, progressbar.OptionShowCount())
	}
	if b.kind&Bytes != 0 {
		list = append(list, progressbar.OptionShowBytes(true))
	}
	if b.kind&Images != 0 {
		list = append(list, progressbar.OptionShowCount(), progressbar.OptionShowIts(),
			progressbar.OptionSetItsString("images"))
	}
	if b.kind&Narrow != 0 {
		list = append(list, progressbar.OptionSetWidth(12))
	}
	return list
}

// Clear takes the bar off the screen; the next Set draws it again.
func (b *Bar) Clear() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bar != nil {
		b.bar.Clear()
	}
}
