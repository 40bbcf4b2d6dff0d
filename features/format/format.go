// Package format writes tables in the formats that people train from: a file or folder that is complete
// before it takes its place.
package format

import (
	"io"
	"path/filepath"
	"slices"
	"strings"

	"abtool/features/targetfile"
	"abtool/internal/usage"
	"abtool/store"
)

// A Format is a way to write a table.
type Format struct {
	Name   string `json:"name"`
	Ext    string `json:"extension"` // of --out, by which it is chosen; "": a folder
	What   string `json:"what"`
	Folder bool   `json:"folder"`

	open func(*Output, *Table) (targetfile.Writer, error)
}

// All returns the formats, in the order of docs/reference/targets.md.
func All() []Format { return slices.Clone(formats) }

var formats = []Format{
	{Name: "parquet", Ext: ".parquet", What: "Parquet with the description of every column in its metadata, for DuckDB, pandas, Polars and Spark.", open: openFile(func(w io.Writer, t *Table) (targetfile.Writer, error) {
		return targetfile.NewParquet(w, &t.About)
	})},
	{Name: "csv", Ext: ".csv", What: "CSV with a header. Numbers keep their full precision; lists are JSON.", open: openFile(func(w io.Writer, t *Table) (targetfile.Writer, error) {
		return targetfile.NewCSV(w, t.Columns)
	})},
	{Name: "npy", What: "A folder with a NumPy array for each column, and columns.json. Lists are padded to two dimensions; null is NaN or the smallest integer.", Folder: true, open: openNPY},
	{Name: "coco-keypoints", Ext: ".json", What: "COCO keypoints JSON: one keypoint per annotation, in pixels. Rows whose image has no known size are left out and counted.", open: openKeypoints},
	{Name: "webdataset", What: "A folder of tar shards: each image, taken from --images, with its targets as JSON. Images that are not found are left out and counted.", Folder: true, open: openWebDataset},
	{Name: "huggingface", What: "A folder with a Parquet file for each split, README.md (a data-set card) and croissant.json (Croissant 1.0).", Folder: true, open: openHuggingFace},
}

// openFile opens a format that is one file.
func openFile(write func(io.Writer, *Table) (targetfile.Writer, error)) func(*Output, *Table) (targetfile.Writer, error) {
	return func(o *Output, t *Table) (targetfile.Writer, error) {
		f, err := o.create("")
		if err != nil {
			return nil, err
		}
		return write(f, t)
	}
}

// Options say how a table is written.
type Options struct {
	Format string // name of a format; "": by the extension of the file
	Images string // webdataset: the folder of images
	Shard  int    // webdataset: images of a shard; 0: DefaultShard
	Card   Card   // huggingface: what only the publisher knows
	Force  bool   // replaces what is there
}

// DefaultShard is the number of images in a WebDataset shard.
const DefaultShard = 10_000

// choose returns the format for a place.
func (o *Options) choose(place string) (*Format, error) {
	var names []string
	for i := range formats {
		f := &formats[i]
		names = append(names, f.Name)
		if f.Name == o.Format || o.Format == "" && f.Ext != "" && strings.EqualFold(filepath.Ext(place), f.Ext) {
			if f.Name != "webdataset" && o.Images != "" {
				return nil, usage.Errorf("--images is only for --format webdataset, which packs the images into shards")
			}
			return f, nil
		}
	}
	if o.Format == "" {
		return nil, usage.Errorf("the name %s does not show the format: let it end in .parquet, .csv or .json, or give --format with one of %s", place, strings.Join(names, ", "))
	}
	return nil, usage.Errorf("no such format %q: the formats are %s", o.Format, strings.Join(names, ", "))
}

// A Table says what is written, for the formats that describe it.
type Table struct {
	targetfile.About
	Splits  []string         // none: no splits
	Classes []store.Category // COCO's, by id; ImageNet's by place
}

// rules names the rules of a table.
func (t *Table) rules() string {
	names := make([]string, len(t.Rules))
	for i, r := range t.Rules {
		names[i] = r.Name
	}
	return strings.Join(names, ", ")
}

// An Account says what was written.
type Account struct {
	LeftOut []Count  `json:"left_out,omitempty"` // rows or images that the format cannot hold, rules that the store has no ground truth for
	Notes   []string `json:"notes,omitempty"`    // what was found among the images and is not one, in whole sentences
	Files   []File   `json:"files"`
}

// Count is how many rows there are of something.
type Count struct {
	Name string `json:"name"`
	Rows int64  `json:"rows"`
}

// File is one that was written.
type File struct {
	Path   string `json:"path"` // of a folder's file, below the folder
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}
