package cam

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// script computes with OpenCV what this package computes: it reads cases, a line each, and writes answers.
const script = `
import json, sys
import cv2, numpy as np
for line in sys.stdin:
    case = json.loads(line)
    m = np.array(case["map"], dtype=np.float64).reshape(case["h"], case["w"])
    out = {"resized": cv2.resize(m, (case["W"], case["H"]), interpolation=cv2.INTER_CUBIC).ravel().tolist(), "boxes": [], "largest": []}
    u = np.array(case["bytes"], dtype=np.uint8).reshape(case["H"], case["W"], 1)
    for tau in case["taus"]:
        _, on = cv2.threshold(u, int(tau * np.max(u)), 255, cv2.THRESH_BINARY)
        found = cv2.findContours(on, cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE)[-2]
        def box(c):
            x, y, w, h = cv2.boundingRect(c)
            return [x, y, min(x + w, case["W"] - 1), min(y + h, case["H"] - 1)]
        out["boxes"].append([box(c) for c in found] or [[0, 0, 0, 0]])
        out["largest"].append(box(max(found, key=cv2.contourArea)) if len(found) else [0, 0, 0, 0])
    print(json.dumps(out))
`

// OpenCV is what the benchmark computes with.
func TestOpenCV(t *testing.T) {
	python := ""
	for _, p := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(p, "-c", "import cv2, numpy").Run() == nil {
			python = p
			break
		}
	}
	if python == "" {
		t.Skip("OpenCV is not installed here: python3-opencv in Debian, opencv-python-headless with pip")
	}
	type input struct {
		W, H  int       // of the resized map
		Map   []float64 `json:"map"`
		Rows  int       `json:"h"`
		Cols  int       `json:"w"`
		Bytes []int     `json:"bytes"`
		Taus  []float64 `json:"taus"`
	}
	r := rand.New(rand.NewPCG(3, 4))
	var cases []input
	var maps []*Map
	var text strings.Builder
	for range 400 {
		c := input{W: 1 + r.IntN(40), H: 1 + r.IntN(40), Rows: 1 + r.IntN(9), Cols: 1 + r.IntN(9)}
		for range c.Rows * c.Cols {
			c.Map = append(c.Map, r.NormFloat64())
		}
		m := random(r, c.W, c.H)
		u, _ := m.bytes(nil)
		for _, b := range u {
			c.Bytes = append(c.Bytes, int(b))
		}
		for i := 0; i < Thresholds; i += 1 + r.IntN(100) {
			c.Taus = append(c.Taus, tau(i))
		}
		line, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(append(line, '\n'))
		cases, maps = append(cases, c), append(maps, m)
	}
	cmd := exec.Command(python, "-c", script)
	cmd.Stdin = strings.NewReader(text.String())
	cmd.Stderr = t.Output()
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	answers := json.NewDecoder(strings.NewReader(string(out)))
	for i, c := range cases {
		var want struct {
			Resized []float64
			Boxes   [][][4]int
			Largest [][4]int
		}
		if err := answers.Decode(&want); err != nil {
			t.Fatal(err)
		}
		for k, v := range resize(c.Map, c.Cols, c.Rows, c.W, c.H) {
			if math.Abs(v-want.Resized[k]) > 1e-6 {
				t.Fatalf("case %d: %d × %d to %d × %d: value %d is %v, OpenCV's %v", i, c.Cols, c.Rows, c.W, c.H, k, v, want.Resized[k])
			}
		}
		for k, tau := range c.Taus {
			if got, want := maps[i].Boxes(tau, true), boxesOf(want.Boxes[k]); !slices.Equal(got, want) {
				t.Fatalf("case %d at %v: boxes %v, OpenCV's %v", i, tau, got, want)
			}
			if got, want := maps[i].Boxes(tau, false), boxesOf(want.Largest[k:k+1]); !slices.Equal(got, want) {
				t.Fatalf("case %d at %v: the largest is %v, OpenCV's %v", i, tau, got, want)
			}
		}
	}
}

func boxesOf(list [][4]int) (boxes []Box) {
	for _, b := range list {
		boxes = append(boxes, Box{b[0], b[1], b[2], b[3]})
	}
	return boxes
}
