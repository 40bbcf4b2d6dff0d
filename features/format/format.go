// Package format writes tables in the formats that training programs read. A file or folder appears at its
// place only when it is complete.
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
	Ext    string `json:"extension"` // extension of --out that selects the format; "": none, as for folders
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

// openFile returns the open function of a format that is one file.
func openFile(write func(io.Writer, *Table) (targetfile.Writer, error)) func(*Output, *Table) (targetfile.Writer, error) {
	return func(o *Output, t *Table) (targetfile.Writer, error) {
		f, err := o.create("")
		if err != nil {
			return nil, err
		}
		return write(f, t)
	}
}

// Options say how to write a table.
type Options struct {
	Format string // name of a format; "": chosen by the extension of the file
	Images string // webdataset: the folder of images
	Shard  int    // webdataset: number of images in a shard; 0: DefaultShard
	Card   Card   // huggingface: facts that only the publisher has
	Force  bool   // replace an existing output
}

// DefaultShard is the number of images in a WebDataset shard.
const DefaultShard = 10_000

// choose returns the format for an output at place.
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

// A Table describes a table, for formats that write a description.
type Table struct {
	targetfile.About
	Splits  []string         // none: no splits
	Classes []store.Category // COCO: in order of ids; ImageNet: in order of places
}

// rules returns the names of the table's rules, separated by commas.
func (t *Table) rules() string {
	names := make([]string, len(t.Rules))
	for i, r := range t.Rules {
		names[i] = r.Name
	}
	return strings.Join(names, ", ")
}

// An Account lists the files that were written, and the rows that were not.
type Account struct {
	LeftOut []Count  `json:"left_out,omitempty"` // rows or images that the format cannot hold, and rules for which the store has no ground truth
	Notes   []string `json:"notes,omitempty"`    // notes on files among the images that are not images
	Files   []File   `json:"files"`
}

// A Count is a number of rows with a name.
type Count struct {
	Name string `json:"name"`
	Rows int64  `json:"rows"`
}

// A File is a file that was written.
type File struct {
	Path   string `json:"path"` // relative to the folder, if the output is a folder
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}
