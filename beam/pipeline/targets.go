package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"abtool/beam/remote"
	"abtool/features"
	"abtool/features/format"
	"abtool/store"
)

// TargetsOptions are the options of abtool targets.
type TargetsOptions struct {
	Out     string // the folder of the files
	Options features.Options
	Version string
	Jobs    int
	Strict  bool // a store that fails ends the run
}

// TargetsAccount is the name of the account in Out.
const TargetsAccount = "targets.json"

// Targets adds the pipeline to a scope: stores → a file of targets for each at Out/name.parquet, with its
// marker Out/name.json, and the account at Out/targets.json.
func Targets(s beam.Scope, stores []Input, o TargetsOptions) {
	s = s.Scope("targets")
	rows := beam.ParDo(s, &targetsFn{packed(o)}, spread(s, stores))
	beam.ParDo0(s.Scope("account"), &accountFn{remote.Join(o.Out, TargetsAccount)}, gather(s, rows))
}

// targetsMarker says from what a file was made, and what it has.
type targetsMarker struct {
	Store   string           `json:"store"`
	ID      string           `json:"store_sha256"` // of its account
	Tool    string           `json:"tool_version"`
	Options features.Options `json:"options"`
	Bytes   int64            `json:"bytes"` // of the tables of the store
	Rows    int64            `json:"rows"`
	Left    []format.Count   `json:"left_out,omitempty"`
}

// targetsFn derives the targets of a store.
type targetsFn struct {
	Options []byte // TargetsOptions
}

func (f *targetsFn) ProcessElement(ctx context.Context, in Input, emit func(Row)) error {
	began := time.Now()
	o, err := unpack[TargetsOptions](f.Options)
	if err != nil {
		return err
	}
	row, kept, err := o.shard(ctx, in)
	if err != nil {
		return fmt.Errorf("%s: %w", in.Path, err)
	}
	if row.Error != "" {
		log.Warnf(ctx, "%s: %s", in.Path, row.Error)
		if o.Strict {
			return fmt.Errorf("%s: %s", in.Path, row.Error)
		}
	}
	row.count(ctx, kept)
	shardMillis.Update(ctx, time.Since(began).Milliseconds())
	emit(row)
	return nil
}

func (o *TargetsOptions) shard(ctx context.Context, in Input) (row Row, kept bool, err error) {
	row = Row{Name: in.Name, Input: in.Path}
	text, err := remote.Read(ctx, remote.Join(in.Path, store.File))
	if err != nil {
		return row, false, err
	}
	var account store.Account
	if err := json.Unmarshal(text, &account); err != nil {
		row.Error = err.Error()
		return row, false, nil
	}
	id := sha256.Sum256(text)
	m := targetsMarker{Store: in.Path, ID: hex.EncodeToString(id[:]), Tool: o.Version, Options: o.Options}
	for _, d := range account.DataSets {
		for _, n := range d.Bytes {
			m.Bytes += n
		}
	}
	row.Bytes = m.Bytes
	file, marker := remote.Join(o.Out, in.Name+".parquet"), remote.Join(o.Out, in.Name+".json")
	if old, err := remote.Read(ctx, marker); err == nil {
		var have targetsMarker
		if json.Unmarshal(old, &have) == nil {
			want := m
			want.Rows, want.Left = have.Rows, have.Left
			if string(markerOf(want)) == string(old) {
				row.Records, row.Stored = have.Rows, have.Rows
				return row, true, nil
			}
		}
	}
	dir, err := os.MkdirTemp("", "abtool-beam-")
	if err != nil {
		return row, false, err
	}
	defer os.RemoveAll(dir)
	folder, err := fetchStore(ctx, in, dir)
	if err != nil {
		return row, false, err
	}
	how := features.WriteOptions{Options: o.Options}
	how.Jobs, how.Tool = o.Jobs, o.Version
	made := filepath.Join(dir, "targets.parquet")
	sum, err := features.Write(ctx, folder, made, how)
	if err != nil {
		if again(ctx, err) {
			return row, false, err
		}
		row.Error = err.Error()
		return row, false, nil
	}
	m.Rows, m.Left = sum.Rows, sum.LeftOut
	row.Records, row.Stored = sum.Rows, sum.Rows
	r, err := os.Open(made)
	if err != nil {
		return row, false, err
	}
	defer r.Close()
	if err := remote.Put(ctx, r, file); err != nil {
		return row, false, err
	}
	return row, false, remote.PutBytes(ctx, markerOf(m), marker)
}

func init() {
	register.DoFn3x1[context.Context, Input, func(Row), error](&targetsFn{})
}
