package main

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func pictureOf(t *testing.T, dark int) lines {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 20, 20))
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	for i := range dark {
		m.SetGray(i%20, i/20, color.Gray{})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return lines(base64.StdEncoding.EncodeToString(b.Bytes()))
}

func stream(name, text string) output { return output{Type: "stream", Name: name, Text: lines(text)} }

func shown(kind string, data lines) output {
	return output{Type: "display_data", Data: map[string]lines{kind: data}}
}

func of(outputs ...output) *notebook {
	return &notebook{Cells: []cell{{Type: "code", Outputs: outputs}}}
}

// Texts are compared exactly and pictures with some tolerance. Cells with the tag unstable are not compared.
func TestDiffers(t *testing.T) {
	for name, x := range map[string]struct {
		now, was output
		same     bool
	}{
		"the same text":     {stream("stdout", "a\nb\n"), stream("stdout", "a\nb\n"), true},
		"another line":      {stream("stdout", "a\nb\n"), stream("stdout", "a\nc\n"), false},
		"one line more":     {stream("stdout", "a\nb\n"), stream("stdout", "a\n"), false},
		"another table":     {shown("text/html", "<p>1"), shown("text/html", "<p>2"), false},
		"another kind":      {stream("stdout", "<p>1"), shown("text/html", "<p>1"), false},
		"the same picture":  {shown("image/png", pictureOf(t, 9)), shown("image/png", pictureOf(t, 9)), true},
		"some pixels of it": {shown("image/png", pictureOf(t, 9)), shown("image/png", pictureOf(t, 11)), true},
		"another picture":   {shown("image/png", pictureOf(t, 9)), shown("image/png", pictureOf(t, 99)), false},
	} {
		if err := of(x.now).differs(of(x.was)); (err == nil) != x.same {
			t.Errorf("%s: %v", name, err)
		}
		now, was := of(x.now), of(x.was)
		now.Cells[0].Tags = []string{unstable}
		if err := now.differs(was); err != nil {
			t.Errorf("%s, unstable: %v", name, err)
		}
	}
	if of(stream("stdout", "a")).differs(of()) == nil {
		t.Error("differs accepts an additional output")
	}
}

// A cell that writes to standard error has failed, and no output may contain a path of the machine.
func TestFaults(t *testing.T) {
	const root = "/some/clone"
	for name, x := range map[string]struct {
		o  output
		ok bool
	}{
		"plain":          {stream("stdout", "fine"), true},
		"standard error": {stream("stderr", "exit status 1"), false},
		"an error":       {output{Type: "error", ErrValue: "panic"}, false},
		"a path":         {stream("stdout", "written to /some/clone/notebooks/data"), false},
		"a path in HTML": {shown("text/html", "<p>/some/clone"), false},
	} {
		if err := of(x.o).faults(root); (err == nil) != x.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A notebook is written in Jupyter's form, and does not change when it is written and read again.
func TestWrite(t *testing.T) {
	const text = `{
 "cells": [
  {
   "cell_type": "markdown",
   "id": "a",
   "metadata": {},
   "source": [
    "# <b>\n",
    "two"
   ]
  },
  {
   "cell_type": "code",
   "execution_count": 1,
   "id": "b",
   "metadata": {
    "tags": [
     "unstable"
    ]
   },
   "outputs": [
    {
     "name": "stdout",
     "output_type": "stream",
     "text": [
      "1\n"
     ]
    },
    {
     "data": {
      "image/png": "iVBO\n"
     },
     "metadata": {
      "image/png": {
       "width": 660
      }
     },
     "output_type": "display_data"
    }
   ],
   "source": [
    "%%"
   ]
  }
 ],
 "metadata": {},
 "nbformat": 4,
 "nbformat_minor": 5
}
`
	path := filepath.Join(t.TempDir(), "x.ipynb")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	n, err := read(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.write(path); err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile(path)
	if err != nil || string(have) != text {
		t.Errorf("%s, want %s, %v", have, text, err)
	}
	if tags := n.Cells[1].Tags; len(tags) != 1 || tags[0] != unstable {
		t.Errorf("tags %v", tags)
	}
}

// tidy joins streams where they were cut, and removes times.
func TestTidy(t *testing.T) {
	n := of(stream("stdout", "a"), stream("stdout", "b\n"), stream("stderr", "c"))
	n.Cells[0].Metadata = map[string]any{"execution": "now"}
	n.tidy()
	if c := n.Cells[0]; len(c.Outputs) != 2 || c.Outputs[0].Text != "ab\n" || len(c.Metadata) != 0 {
		t.Errorf("%+v", c)
	}
}

// The notebooks of the repository have the form that the command writes. They begin with a summary, end with
// pointers, and contain no path of a machine.
func TestCommitted(t *testing.T) {
	files, err := filepath.Glob("../*.ipynb")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d notebooks, %v", len(files), err)
	}
	for _, f := range files {
		n, err := read(f)
		if err != nil {
			t.Error(err)
			continue
		}
		if err := n.faults("/root/"); err != nil {
			t.Errorf("%s: %v", f, err)
		}
		first, last := string(n.Cells[0].Source), string(n.Cells[len(n.Cells)-1].Source)
		if !strings.HasPrefix(first, "# ") || !strings.Contains(last, "## Where to go next") {
			t.Errorf("%s begins with %.40q and ends with %.40q", f, first, last)
		}
		info, err := os.Stat(f)
		if err != nil || info.Size() > 1<<20 {
			t.Errorf("%s has %d bytes, %v", f, info.Size(), err)
		}
		for i, c := range n.Cells {
			if c.Type == "code" && c.Count == nil {
				t.Errorf("cell %d of %s was not executed", i+1, f)
			}
			for _, o := range c.Outputs {
				if size := len(o.Data["image/png"]) * 3 / 4; size > 200_000 {
					t.Errorf("a picture of cell %d of %s has %d bytes", i+1, f, size)
				}
			}
		}
	}
}
