package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// unstable is the tag of cells whose outputs are not compared, because trained networks differ in their
// last digits between processors.
const unstable = "unstable"

// A notebook is a notebook in nbformat 4. Its fields have the order in which Jupyter writes them.
type notebook struct {
	Cells         []cell         `json:"cells"`
	Metadata      map[string]any `json:"metadata"`
	NBFormat      int            `json:"nbformat"`
	NBFormatMinor int            `json:"nbformat_minor"`
}

type cell struct {
	Type     string
	ID       string
	Tags     []string
	Source   lines
	Count    *int
	Outputs  []output
	Metadata map[string]any
}

// An output is a stream, an error, or data by media type.
type output struct {
	Type     string           `json:"output_type"`
	Name     string           `json:"name,omitempty"` // name of a stream
	Text     lines            `json:"text,omitempty"` // text of a stream
	Data     map[string]lines `json:"data,omitempty"`
	Metadata map[string]any   `json:"metadata,omitempty"` // for data: the width of a picture
	ErrName  string           `json:"ename,omitempty"`
	ErrValue string           `json:"evalue,omitempty"`
}

// lines is a text, which Jupyter writes as a list of lines or as one string.
type lines string

func (l *lines) UnmarshalJSON(b []byte) error {
	var list []string
	if json.Unmarshal(b, &list) == nil {
		*l = lines(strings.Join(list, ""))
		return nil
	}
	return json.Unmarshal(b, (*string)(l))
}

func (l lines) MarshalJSON() ([]byte, error) {
	list := strings.SplitAfter(string(l), "\n")
	if list[len(list)-1] == "" {
		list = list[:len(list)-1]
	}
	return plain(list)
}

// plain returns v as JSON without HTML's escapes, as Jupyter writes it.
func plain(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

type cellJSON struct {
	Type     string         `json:"cell_type"`
	Count    *int           `json:"execution_count"`
	ID       string         `json:"id"`
	Metadata map[string]any `json:"metadata"`
	Outputs  []output       `json:"outputs"`
	Source   lines          `json:"source"`
}

type textJSON struct { // a cell that is not executed
	Type     string         `json:"cell_type"`
	ID       string         `json:"id"`
	Metadata map[string]any `json:"metadata"`
	Source   lines          `json:"source"`
}

func (c *cell) UnmarshalJSON(b []byte) error {
	var j cellJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*c = cell{Type: j.Type, ID: j.ID, Source: j.Source, Count: j.Count, Outputs: j.Outputs, Metadata: j.Metadata}
	tags, _ := j.Metadata["tags"].([]any)
	for _, t := range tags {
		c.Tags = append(c.Tags, fmt.Sprint(t))
	}
	return nil
}

func (c cell) MarshalJSON() ([]byte, error) {
	if c.Type != "code" {
		return plain(textJSON{c.Type, c.ID, c.Metadata, c.Source})
	}
	if c.Outputs == nil {
		c.Outputs = []output{}
	}
	return plain(cellJSON{c.Type, c.Count, c.ID, c.Metadata, c.Outputs, c.Source})
}

// MarshalJSON writes an output with the keys that its kind requires.
func (o output) MarshalJSON() ([]byte, error) {
	switch o.Type {
	case "stream":
		return plain(struct {
			Name string `json:"name"`
			Type string `json:"output_type"`
			Text lines  `json:"text"`
		}{o.Name, o.Type, o.Text})
	case "display_data":
		data := map[string]any{}
		for kind, text := range o.Data {
			data[kind] = text
			if strings.HasPrefix(kind, "image/png") {
				data[kind] = string(text)
			}
		}
		if o.Metadata == nil {
			o.Metadata = map[string]any{}
		}
		return plain(struct {
			Data     map[string]any `json:"data"`
			Metadata map[string]any `json:"metadata"`
			Type     string         `json:"output_type"`
		}{data, o.Metadata, o.Type})
	}
	return nil, fmt.Errorf("an output has the unknown type %q", o.Type)
}

func read(file string) (*notebook, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var n notebook
	if err := json.Unmarshal(b, &n); err != nil {
		return nil, fmt.Errorf("%s is not a notebook: %w", filepath.Base(file), err)
	}
	return &n, nil
}

func (n *notebook) write(file string) error {
	b, err := plain(n)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", " "); err != nil {
		return err
	}
	out.WriteByte('\n')
	return os.WriteFile(file, out.Bytes(), 0o666)
}

// tidy removes everything that differs between runs and machines: times, the version of Go, and where a
// stream was cut.
func (n *notebook) tidy() {
	n.Metadata = map[string]any{
		"kernelspec": map[string]any{"display_name": "Go (gonb)", "language": "go", "name": "gonb"},
		"language_info": map[string]any{"file_extension": ".go", "mimetype": "text/x-go", "name": "go",
			"pygments_lexer": "go"},
	}
	for i := range n.Cells {
		c := &n.Cells[i]
		delete(c.Metadata, "execution")
		var out []output
		for _, o := range c.Outputs {
			if k := len(out) - 1; k >= 0 && o.Type == "stream" && out[k].Type == "stream" && out[k].Name == o.Name {
				out[k].Text += o.Text
				continue
			}
			out = append(out, o)
		}
		c.Outputs = out
	}
}

// faults returns an error for cells that failed, all of which write to standard error, and for outputs that
// contain a path of this machine.
func (n *notebook) faults(root string) error {
	home, _ := os.UserHomeDir()
	places := []string{root, filepath.Join(os.TempDir(), "gonb_"), filepath.Join(home, "go")}
	for i, c := range n.Cells {
		if want, have := c.shows(), c.displayed(); c.Type == "code" && have < want {
			return fmt.Errorf("cell %d displays %d results, but calls package show %d times", i+1, have, want)
		}
		for _, o := range c.Outputs {
			if o.Type == "stream" && o.Name == "stderr" || o.Type == "error" {
				return fmt.Errorf("cell %d failed: %s%s", i+1, strings.TrimSpace(string(o.Text)), o.ErrValue)
			}
			for _, text := range append(slices.Collect(maps.Values(o.Data)), o.Text) {
				for _, place := range places {
					if strings.Contains(string(text), place) {
						return fmt.Errorf("the output of cell %d contains %s, a path of this machine", i+1, place)
					}
				}
			}
		}
	}
	return nil
}

// shows returns the number of calls of package show that display something.
func (c *cell) shows() (n int) {
	for _, call := range []string{"\nshow.HTML(", "\nshow.Picture(", "\nshow.Markdown("} {
		n += strings.Count(string(c.Source), call)
	}
	return n
}

func (c *cell) displayed() (n int) {
	for _, o := range c.Outputs {
		if o.Type == "display_data" {
			n++
		}
	}
	return n
}

// differs returns an error that lists where the outputs of two executions differ. Texts must be equal; pictures
// may differ a little.
func (n *notebook) differs(was *notebook) error {
	if len(n.Cells) != len(was.Cells) {
		return fmt.Errorf("the notebook has %d cells, but had %d", len(n.Cells), len(was.Cells))
	}
	var found []error
	for i := range n.Cells {
		c, w := &n.Cells[i], &was.Cells[i]
		if slices.Contains(c.Tags, unstable) {
			if (len(c.Outputs) == 0) != (len(w.Outputs) == 0) {
				found = append(found, fmt.Errorf("cell %d has %d outputs, but had %d", i+1,
					len(c.Outputs), len(w.Outputs)))
			}
			continue
		}
		if err := sameOutputs(c.Outputs, w.Outputs); err != nil {
			found = append(found, fmt.Errorf("cell %d: %w", i+1, err))
		}
	}
	if found != nil {
		found = append(found, errors.New("if the new outputs are right, run it without --check, look at "+
			"the pages, and commit"))
	}
	return errors.Join(found...)
}

func sameOutputs(now, was []output) error {
	if len(now) != len(was) {
		return fmt.Errorf("there are %d outputs, but there were %d", len(now), len(was))
	}
	for k := range now {
		a, b := now[k], was[k]
		if a.Type != b.Type || a.Name != b.Name || len(a.Data) != len(b.Data) {
			return fmt.Errorf("output %d has another kind than before", k+1)
		}
		if err := sameText(string(a.Text), string(b.Text)); err != nil {
			return err
		}
		for kind, text := range a.Data {
			compare := sameText
			if kind == "image/png" {
				compare = samePicture
			}
			if err := compare(string(text), string(b.Data[kind])); err != nil {
				return err
			}
		}
	}
	return nil
}

// sameText returns an error with the first line that differs.
func sameText(now, was string) error {
	if now == was {
		return nil
	}
	a, b := strings.Split(now, "\n"), strings.Split(was, "\n")
	for i := range max(len(a), len(b)) {
		x, y := "(no line)", "(no line)"
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			return fmt.Errorf("line %d was %s\n  and is %s", i+1, y, x)
		}
	}
	return nil
}

// samePicture compares two PNGs. Up to 1 % of the pixels may differ, because letters and lines can shift by
// a pixel.
func samePicture(now, was string) error {
	a, err := picture(now)
	if err != nil {
		return err
	}
	b, err := picture(was)
	if err != nil {
		return err
	}
	if a.Bounds() != b.Bounds() {
		return fmt.Errorf("a picture has size %v, but had %v", a.Bounds().Max, b.Bounds().Max)
	}
	n, r := 0, a.Bounds()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if visible(a.At(x, y).RGBA())(b.At(x, y).RGBA()) {
				n++
			}
		}
	}
	if share := float64(n) / float64(r.Dx()*r.Dy()); share > 0.01 {
		return fmt.Errorf("%.1f %% of a picture's pixels differ", 100*share)
	}
	return nil
}

// visible returns a function that reports whether a colour differs from the given one by more than a tenth
// in a channel.
func visible(r, g, b, _ uint32) func(r, g, b, a uint32) bool {
	const tenth = 6553
	far := func(p, q uint32) bool { return max(p, q)-min(p, q) > tenth }
	return func(r2, g2, b2, _ uint32) bool { return far(r, r2) || far(g, g2) || far(b, b2) }
}

func picture(text string) (image.Image, error) {
	b, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(text, "\n", ""))
	if err != nil {
		return nil, err
	}
	return png.Decode(bytes.NewReader(b))
}
