package ui

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// Terminal returns the file of a stream that is a terminal; ok is false for any other stream.
func Terminal(stream any) (f *os.File, ok bool) {
	f, ok = stream.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}

// Width returns the columns of a terminal, 120 of anything else.
func Width(out io.Writer) int {
	if f, ok := Terminal(out); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 40 {
			return w
		}
	}
	return 120
}

// PrintJSON writes v as indented JSON.
func PrintJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// Print writes through a buffer and returns the error of writing.
func Print(out io.Writer, f func(io.Writer)) error {
	var b strings.Builder
	f(&b)
	_, err := io.WriteString(out, b.String())
	return err
}

// Wrap prints text in lines of at most width columns.
func Wrap(w io.Writer, text, indent string, width int) {
	line := indent
	for _, word := range strings.Fields(text) {
		if len([]rune(line))+len([]rune(word)) >= width && line != indent {
			fmt.Fprintln(w, strings.TrimRight(line, " "))
			line = indent
		}
		line += word + " "
	}
	fmt.Fprintln(w, strings.TrimRight(line, " "))
}

// Note prints a remark on a result.
func Note(w io.Writer, text string) { fmt.Fprintln(w, "note: "+Clean(text)) }

// Events writes what happens as JSON Lines, at most one a second.
type Events struct {
	enc  *json.Encoder
	last time.Duration
}

// NewEvents returns events that are written to w.
func NewEvents(w io.Writer) *Events { return &Events{enc: json.NewEncoder(w)} }

const eventEvery = time.Second

// Show writes an event of the time since the beginning.
func (e *Events) Show(elapsed time.Duration, event any) {
	if elapsed-e.last >= eventEvery {
		e.last = elapsed
		e.enc.Encode(event)
	}
}
