package client

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"abtool/internal/synth"
)

// Truth returns what the images of a simulation show, by their bytes. The folder holds them, and the file is the
// simulation's truth/images.jsonl, of ImageNet or COCO.
func Truth(folder, file string) (func([]byte) Sight, error) {
	shown, err := readTruth(file)
	if err != nil {
		return nil, err
	}
	sights := map[[sha256.Size]byte]Sight{}
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name := strings.TrimSuffix(d.Name(), filepath.Ext(path))
		s, ok := shown[name]
		if !ok {
			return fmt.Errorf("%s does not say what %s shows", file, path)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		sights[sha256.Sum256(b)] = s
		return nil
	})
	if err != nil {
		return nil, err
	}
	return func(b []byte) Sight { return sights[sha256.Sum256(b)] }, nil
}

// readTruth reads what images show, by their names.
func readTruth(file string) (map[string]Sight, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all := map[string]Sight{}
	d := json.NewDecoder(bufio.NewReader(f))
	for {
		var line struct {
			Image   json.RawMessage `json:"image_id"`
			Class   string
			Width   float64
			Height  float64
			Unclear bool
			Objects []struct {
				XMin, YMin, XMax, YMax float64
				Class                  string
				BBox                   [4]float64
			}
		}
		if err := d.Decode(&line); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		s := Sight{Class: line.Class, Unclear: line.Unclear}
		name := strings.Trim(string(line.Image), `"`)
		if line.Class == "" { // of COCO
			name = fmt.Sprintf("COCO_train2014_%012s", name)
		}
		seen := map[string]bool{}
		for i, o := range line.Objects {
			if line.Class != "" {
				box := [4]float64{o.XMin / line.Width, o.YMin / line.Height, o.XMax / line.Width, o.YMax / line.Height}
				if i == 0 {
					s.Box = box
				} else {
					s.Others = append(s.Others, box)
				}
				continue
			}
			if seen[o.Class] { // one icon for each class
				continue
			}
			seen[o.Class] = true
			s.Objects = append(s.Objects, synth.TagObject{Icon: o.Class,
				X: (o.BBox[0] + o.BBox[2]/2) / line.Width, Y: (o.BBox[1] + o.BBox[3]/2) / line.Height,
				Width: o.BBox[2] / line.Width, Height: o.BBox[3] / line.Height})
		}
		all[name] = s
	}
}
