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
	RulesKey   = "abtool.rules"           // JSON: the Rules that the rows follow
	SourcesKey = schema.SourcesKey
)

// Version is that of the files' columns: names and meanings do not change within one.
const Version = 1

// An About says what a table is.
type About struct {
	Table, Set string // targets, crops, pairs or classes; imagenet or coco
	Columns    []Column
	Rules      []Rule
	Options    any // that the rows depend on, as JSON
	Sources    []string
}

// A Rule says which point of an annotation, or of the ground truth, is learned from.
type Rule struct {
	Name  string   `json:"name"`
	Sets  []string `json:"data_sets" toml:"data_sets"`
	What  string   `json:"what"`                 // the point, in a line
	Note  string   `json:"note"`                 // what to know about it, in a line
	From  string   `json:"source" toml:"source"` // paper, public loader, or here; definition
	Truth bool     `json:"ground_truth" toml:"ground_truth"`
}

// metadata returns the metadata of a Parquet file.
func (a *About) metadata() [][2]string {
	return [][2]string{
		{VersionKey, fmt.Sprint(Version)}, {ColumnsKey, JSON(Described(a.Columns))}, {OptionsKey, JSON(a.Options)},
		{RulesKey, JSON(a.Rules)}, {SourcesKey, strings.Join(a.Sources, "\n")},
	}
}

// Column returns the place of a column, −1 for none.
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
	Close() error   // writes what is left
}

// An Encoder makes a part of a file. Each belongs to one goroutine; parts are written one after the
// other, in their order.
type Encoder interface {
	Add(*Batch) error // some rows more: all of an image at once
	Finish() error    // all rows were added
	Write() error
}

type pieces[P any] struct {
	made   []P
	encode func(*Batch) (P, error)
	write  func(P) error // to the file
}

// NewPieces returns the encoder of a format in which each batch becomes a piece that needs nothing of the
// others.
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
