package targetfile

import (
	"io"
	"strings"
)

// A csvWriter writes a table as CSV (RFC 4180, but lines end in \n).
type csvWriter struct {
	cols []Column
	out  io.Writer
}

// NewCSV writes the header of a CSV file, and returns a writer of its rows.
func NewCSV(out io.Writer, cols []Column) (Writer, error) {
	names := make([]string, len(cols))
	for i := range cols {
		names[i] = cols[i].Name
	}
	_, err := io.WriteString(out, strings.Join(names, ",")+"\n")
	return &csvWriter{cols, out}, err
}

func (w *csvWriter) Begin() Encoder { return NewPieces(w.encode, w.append) }

func (w *csvWriter) Close() error { return nil }

func (w *csvWriter) encode(b *Batch) ([]byte, error) {
	out := make([]byte, 0, 128*b.Rows)
	var list []byte
	for row := range b.Rows {
		for i := range w.cols {
			if i > 0 {
				out = append(out, ',')
			}
			c, v := &w.cols[i], &b.Cols[i]
			switch {
			case c.List:
				list = c.AppendJSON(list[:0], v, row)
				out = append(append(append(out, '"'), list...), '"')
			case c.Kind == KindText:
				out = appendCSVText(out, v.Texts[row])
			default:
				out = v.appendNumber(out, c.Kind, row)
			}
		}
		out = append(out, '\n')
	}
	return out, nil
}

func (w *csvWriter) append(text []byte) error {
	_, err := w.out.Write(text)
	return err
}

func appendCSVText(to []byte, s string) []byte {
	if !strings.ContainsAny(s, ",\"\r\n") && !strings.HasPrefix(s, " ") {
		return append(to, s...)
	}
	return append(append(append(to, '"'), strings.ReplaceAll(s, `"`, `""`)...), '"')
}
