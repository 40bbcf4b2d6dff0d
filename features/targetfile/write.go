package targetfile

import (
	"fmt"
	"slices"
	"strings"

	"abtool/schema"
)

// Keys of the key-value metadata of Parquet files of targets.
const (
	VersionKey = "abtool.targets_version" // Version as decimal digits
	ColumnsKey = "abtool.columns"         // JSON: the columns, as abtool schema --json prints them
	OptionsKey = "abtool.options"         // JSON: Options
	RulesKey   = "abtool.rules"           // JSON: the Rules of the rows
	SourcesKey = schema.SourcesKey
)

// Version is the version of the columns. Their names and meanings do not change within a version.
const Version = 1

// An About describes a table.
type About struct {
	Table, Set string // targets, crops, pairs or classes; imagenet or coco
	Columns    []Column
	Rules      []Rule
	Options    any // the options that the rows depend on; encoded as JSON
	Sources    []string
}

// A Rule chooses the point to learn from: one of the annotation, or one of the ground truth.
type Rule struct {
	Name  string   `json:"name"`
	Sets  []string `json:"data_sets" toml:"data_sets"`
	What  string   `json:"what"`                 // the point, in one line
	Note  string   `json:"note"`                 // advice on its use, in one line
	From  string   `json:"source" toml:"source"` // where the rule comes from: paper, public loader, or here; and its definition
	Truth bool     `json:"ground_truth" toml:"ground_truth"`
}

// metadata returns the key-value metadata of a Parquet file.
func (a *About) metadata() [][2]string {
	return [][2]string{
		{VersionKey, fmt.Sprint(Version)}, {ColumnsKey, JSON(Described(a.Columns))}, {OptionsKey, JSON(a.Options)},
		{RulesKey, JSON(a.Rules)}, {SourcesKey, strings.Join(a.Sources, "\n")},
	}
}

// Column returns the index of a column, −1 if the table does not have it.
func (a *About) Column(name string) int {
	return slices.IndexFunc(a.Columns, func(c Column) bool { return c.Name == name })
}

// Described returns the descriptions of columns.
func Described(cols []Column) []schema.Column {
	out := make([]schema.Column, len(cols))
	for i := range cols {
		out[i] = cols[i].Column
	}
	return out
}

// A Writer writes a table.
type Writer interface {
	Begin() Encoder // can be called from several goroutines
	Close() error   // writes the rest of the file
}

// An Encoder encodes a part of a file. It belongs to one goroutine. Parts are written one at a time, in their
// order.
type Encoder interface {
	Add(*Batch) error // adds rows; all rows of an image are in the same batch
	Finish() error    // is called after the last Add
	Write() error
}

type pieces[P any] struct {
	made   []P
	encode func(*Batch) (P, error)
	write  func(P) error // writes a piece to the file
}

// NewPieces returns the encoder of a format in which every batch is encoded independently of the others.
func NewPieces[P any](encode func(*Batch) (P, error), write func(P) error) Encoder {
	return &pieces[P]{encode: encode, write: write}
}

func (p *pieces[P]) Add(b *Batch) error {
	made, err := p.encode(b)
	p.made = append(p.made, made)
	return err
}

func (p *pieces[P]) Finish() error { return nil }

func (p *pieces[P]) Write() error {
	for _, made := range p.made {
		if err := p.write(made); err != nil {
			return err
		}
	}
	return nil
}
