package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"abtool/beam/remote"
	"abtool/ingest"
	"abtool/schema"
	"abtool/store"
)

// IngestOptions are the options of abtool ingest that apply to every input. Boxes and Instances are given to
// every input.
type IngestOptions struct {
	Out            string // the folder of the stores
	Boxes          []string
	Instances      []string
	As             string
	MaxRejects     int64
	MaxRecordBytes int
	Version        string // of the program
	Jobs           int
	Strict         bool // an input that fails ends the run
}

// Names of files in Out, and in the folder of a store.
const (
	IngestAccount = "ingest.json"
	ingestMarker  = "shard.json"
)

// Ingest adds the pipeline to a scope: inputs → a store for each at Out/name, and the account at
// Out/ingest.json.
func Ingest(s beam.Scope, inputs []Input, o IngestOptions) {
	s = s.Scope("ingest")
	rows := beam.ParDo(s, &ingestFn{o}, spread(s, inputs))
	beam.ParDo0(s.Scope("account"), &accountFn{remote.Join(o.Out, IngestAccount)}, gather(s, rows))
}

// ingestFn makes the store of an input.
type ingestFn struct {
	O IngestOptions
}

// afterStore is called by tests, between the store and its row.
var afterStore = func(Input) error { return nil }

func (f *ingestFn) ProcessElement(ctx context.Context, in Input, emit func(Row)) error {
	began := time.Now()
	row, kept, err := f.shard(ctx, in)
	if err != nil {
		return fmt.Errorf("%s: %w", in.Path, err)
	}
	if err := afterStore(in); err != nil {
		return err
	}
	if row.Error != "" {
		log.Warnf(ctx, "%s: %s", in.Path, row.Error)
		if f.O.Strict {
			return fmt.Errorf("%s: %s", in.Path, row.Error)
		}
	}
	row.count(ctx, kept)
	shardMillis.Update(ctx, time.Since(began).Milliseconds())
	emit(row)
	return nil
}

// identity is the content of the marker: a store with another one was made from other inputs or options.
type identity struct {
	Format         int           `json:"store_format"`
	Tool           string        `json:"tool_version"`
	Input          remote.File   `json:"input"`
	Boxes          []remote.File `json:"boxes,omitempty"`
	Instances      []remote.File `json:"instances,omitempty"`
	As             string        `json:"as,omitempty"`
	MaxRejects     int64         `json:"max_rejects,omitempty"`
	MaxRecordBytes int           `json:"max_record_bytes,omitempty"`
}

// identity returns the marker of the store of an input.
func (o *IngestOptions) identity(ctx context.Context, in Input) (_ []byte, input remote.File, err error) {
	id := identity{Format: schema.FormatVersion, Tool: o.Version, As: o.As, MaxRejects: o.MaxRejects, MaxRecordBytes: o.MaxRecordBytes}
	if id.Input, err = remote.Stat(ctx, in.Path); err != nil {
		return nil, id.Input, err
	}
	for _, truth := range []struct {
		paths []string
		files *[]remote.File
	}{{o.Boxes, &id.Boxes}, {o.Instances, &id.Instances}} {
		for _, p := range truth.paths {
			f, err := remote.Stat(ctx, p)
			if err != nil {
				return nil, id.Input, err
			}
			*truth.files = append(*truth.files, f)
		}
	}
	return markerOf(id), id.Input, nil
}

// shard makes the store of an input, or finds that it is complete. An error is one that another attempt may
// not have; what is wrong with the input is in the row.
func (f *ingestFn) shard(ctx context.Context, in Input) (row Row, kept bool, err error) {
	row = Row{Name: in.Name, Input: in.Path}
	folder := remote.Join(f.O.Out, in.Name)
	marker, input, err := f.O.identity(ctx, in)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		row.Error = err.Error()
		return row, false, nil
	}
	if err != nil {
		return row, false, err
	}
	row.Bytes = input.Bytes
	there, err := complete(ctx, folder)
	if err != nil {
		return row, false, err
	}
	if there {
		same, err := marked(ctx, remote.Join(folder, ingestMarker), marker)
		if err != nil {
			return row, false, err
		}
		if !same {
			row.Error = "there is a store of another input or of other options: give --force to replace it"
			return row, false, nil
		}
		return row, true, row.addStore(ctx, folder)
	}
	dir, err := os.MkdirTemp("", "abtool-beam-")
	if err != nil {
		return row, false, err
	}
	defer os.RemoveAll(dir)
	account, err := f.ingest(ctx, in, dir)
	if err != nil {
		if again(ctx, err) {
			return row, false, err
		}
		row.Error = strings.TrimSuffix(err.Error(), "; no store was written")
		return row, false, nil
	}
	if after, err := remote.Stat(ctx, in.Path); err != nil || after != input {
		return row, false, errors.Join(errors.New("the input changed while it was read"), err)
	}
	made := filepath.Join(dir, "store")
	if err := os.WriteFile(filepath.Join(made, ingestMarker), marker, 0o644); err != nil {
		return row, false, err
	}
	row.add(account)
	return row, false, remote.PutFolder(ctx, made, folder, ingestMarker, store.File)
}

// ingest makes the store of an input at dir/store.
func (f *ingestFn) ingest(ctx context.Context, in Input, dir string) (*store.Account, error) {
	o := ingest.Options{
		Out: filepath.Join(dir, "store"), As: f.O.As, MaxRejects: f.O.MaxRejects, Jobs: f.O.Jobs, Version: f.O.Version,
		Limits: store.Limits{Member: f.O.MaxRecordBytes},
	}
	for i, part := range []struct {
		paths []string
		local *[]string
	}{{[]string{in.Path}, &o.Sources}, {f.O.Boxes, &o.Boxes}, {f.O.Instances, &o.Instances}} {
		for k, p := range part.paths {
			at, err := remote.Fetch(ctx, p, filepath.Join(dir, fmt.Sprintf("in-%d-%d", i, k)))
			if err != nil {
				return nil, retry{err}
			}
			*part.local = append(*part.local, at)
		}
	}
	return ingest.Run(ctx, o)
}

// retry is an error of the machine or the network.
type retry struct{ error }

func (r retry) Unwrap() error { return r.error }

// again reports whether another attempt may not have the error.
func again(ctx context.Context, err error) bool {
	var machine retry
	return ctx.Err() != nil || errors.As(err, &machine) || store.IsFull(err) || errors.Is(err, store.ErrLocked) ||
		errors.Is(err, syscall.EIO) || errors.Is(err, syscall.ESTALE)
}

// complete reports whether there is a store in a folder: its account is written last.
func complete(ctx context.Context, folder string) (bool, error) {
	return remote.Exists(ctx, remote.Join(folder, store.File))
}

// addStore adds the counts of a store that is there.
func (r *Row) addStore(ctx context.Context, folder string) error {
	data, err := remote.Read(ctx, remote.Join(folder, store.File))
	if err != nil {
		return err
	}
	var a store.Account
	if err := json.Unmarshal(data, &a); err != nil {
		return fmt.Errorf("%s: %w", folder, err)
	}
	r.add(&a)
	return nil
}

func (r *Row) add(a *store.Account) {
	r.Records, r.Rejected = a.Records(), a.Rejected()
	for _, d := range a.DataSets {
		for _, s := range d.Sources {
			r.Stored += s.Stored
		}
	}
}

// Replace makes room for stores of other inputs or options: it removes the accounts of those at the names of
// the inputs, so that they are no longer stores. It has to be called before a run, and not during one: workers
// remove nothing, since an attempt that a runner has given up may still be at work.
func Replace(ctx context.Context, inputs []Input, o IngestOptions) error {
	return each(ctx, inputs, func(ctx context.Context, in Input) error {
		folder := remote.Join(o.Out, in.Name)
		there, err := complete(ctx, folder)
		if err != nil || !there {
			return err
		}
		marker, _, err := o.identity(ctx, in)
		if err != nil {
			return nil // the run says so
		}
		if same, err := marked(ctx, remote.Join(folder, ingestMarker), marker); err != nil || same {
			return err
		}
		return remote.Remove(ctx, remote.Join(folder, store.File))
	})
}

func init() {
	register.DoFn3x1[context.Context, Input, func(Row), error](&ingestFn{})
	register.DoFn3x1[context.Context, int, func(*Row) bool, error](&accountFn{})
}
