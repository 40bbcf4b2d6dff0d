package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"abtool/beam/remote"
	"abtool/internal/ui"
)

// A Row is the account of one shard. It does not depend on when or how often the work was done.
type Row struct {
	Name     string `json:"name"`
	Input    string `json:"input"`
	Bytes    int64  `json:"bytes"`              // of the input
	Records  int64  `json:"records"`            // Stored + Rejected
	Stored   int64  `json:"stored"`             // of ingest, records in the store; of targets, rows in the file
	Rejected int64  `json:"rejected,omitempty"` // records left out
	Error    string `json:"error,omitempty"`    // why there is no output
}

// An Account is what became of all inputs of a run. It is written next to the outputs, and is the same
// after every run with the same inputs.
type Account struct {
	Inputs   int   `json:"inputs"` // Done + Failed
	Done     int   `json:"done"`
	Failed   int   `json:"failed"`
	Bytes    int64 `json:"bytes"`
	Records  int64 `json:"records"` // Stored + Rejected
	Stored   int64 `json:"stored"`
	Rejected int64 `json:"rejected"`
	Shards   []Row `json:"shards"` // by name
}

// newAccount adds up rows. Of rows with the same name it counts one.
func newAccount(rows []Row) *Account {
	slices.SortFunc(rows, func(a, b Row) int { return strings.Compare(a.Name+"\x00"+a.Error, b.Name+"\x00"+b.Error) })
	rows = slices.CompactFunc(rows, func(a, b Row) bool { return a.Name == b.Name })
	a := &Account{Inputs: len(rows), Shards: rows}
	for _, r := range rows {
		if r.Error == "" {
			a.Done++
		} else {
			a.Failed++
		}
		a.Bytes += r.Bytes
		a.Records += r.Records
		a.Stored += r.Stored
		a.Rejected += r.Rejected
	}
	return a
}

// ReadAccount reads the account that a run has written.
func ReadAccount(ctx context.Context, file string) (*Account, error) {
	data, err := remote.Read(ctx, file)
	if err != nil {
		return nil, err
	}
	a := new(Account)
	if err := json.Unmarshal(data, a); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return a, nil
}

// Check returns an error if the account is not the sum of its rows, or if it has other shards than the
// inputs.
func (a *Account) Check(inputs []Input) error {
	if b := newAccount(slices.Clone(a.Shards)); b.Inputs != a.Inputs || b.Done != a.Done || b.Failed != a.Failed || b.Bytes != a.Bytes ||
		b.Records != a.Records || b.Stored != a.Stored || b.Rejected != a.Rejected || a.Stored+a.Rejected != a.Records {
		return fmt.Errorf("the account does not add up: %d inputs, %d records", a.Inputs, a.Records)
	}
	if len(inputs) != len(a.Shards) {
		return fmt.Errorf("the account has %d inputs of %d", len(a.Shards), len(inputs))
	}
	for i, in := range inputs {
		if in.Name != a.Shards[i].Name {
			return fmt.Errorf("the account has %s in the place of %s", a.Shards[i].Name, in.Name)
		}
	}
	return nil
}

// Print prints the account for people.
func (a *Account) Print(w io.Writer, what string) {
	fmt.Fprintf(w, "%s inputs: %s done, %s failed\n", ui.Thousands(int64(a.Inputs)), ui.Thousands(int64(a.Done)), ui.Thousands(int64(a.Failed)))
	fmt.Fprintf(w, "%s records = %s %s + %s rejected\n", ui.Thousands(a.Records), ui.Thousands(a.Stored), what, ui.Thousands(a.Rejected))
	for _, r := range a.Shards {
		if r.Error != "" {
			fmt.Fprintf(w, "  failed: %s: %s\n", r.Input, ui.Clean(r.Error))
		}
	}
}

// accountFn writes the account.
type accountFn struct {
	File string
}

func (f *accountFn) ProcessElement(ctx context.Context, _ int, rows func(*Row) bool) error {
	var all []Row
	for r := (Row{}); rows(&r); r = (Row{}) {
		all = append(all, r)
	}
	return remote.Put(ctx, bytes.NewReader(markerOf(newAccount(all))), f.File)
}

// Counters of Beam. They count every attempt, so after a failure they can be larger than the account.
var (
	countDone     = beam.NewCounter("abtool", "shards_done")
	countKept     = beam.NewCounter("abtool", "shards_kept")
	countFailed   = beam.NewCounter("abtool", "shards_failed")
	countRecords  = beam.NewCounter("abtool", "records")
	countStored   = beam.NewCounter("abtool", "stored")
	countRejected = beam.NewCounter("abtool", "rejected")
	countBytes    = beam.NewCounter("abtool", "bytes")
	shardBytes    = beam.NewDistribution("abtool", "shard_bytes")
	shardMillis   = beam.NewDistribution("abtool", "shard_ms")
)

// count adds a row to the counters.
func (r *Row) count(ctx context.Context, kept bool) {
	switch {
	case r.Error != "":
		countFailed.Inc(ctx, 1)
	case kept:
		countKept.Inc(ctx, 1)
	default:
		countDone.Inc(ctx, 1)
	}
	countRecords.Inc(ctx, r.Records)
	countStored.Inc(ctx, r.Stored)
	countRejected.Inc(ctx, r.Rejected)
	countBytes.Inc(ctx, r.Bytes)
	shardBytes.Update(ctx, r.Bytes)
}

// PrintMetrics prints the counters and distributions of a run.
func PrintMetrics(w io.Writer, result beam.PipelineResult) {
	all := result.Metrics().AllMetrics()
	var lines []string
	for _, c := range all.Counters() {
		if c.Namespace() == "abtool" {
			lines = append(lines, fmt.Sprintf("  %-14s %s", c.Name(), ui.Thousands(c.Result())))
		}
	}
	for _, d := range all.Distributions() {
		if v := d.Result(); d.Namespace() == "abtool" && v.Count > 0 {
			lines = append(lines, fmt.Sprintf("  %-14s %s to %s, mean %s, of %s", d.Name(), ui.Thousands(v.Min), ui.Thousands(v.Max),
				ui.Thousands(v.Sum/v.Count), ui.Thousands(v.Count)))
		}
	}
	if slices.Sort(lines); len(lines) > 0 {
		fmt.Fprintf(w, "Beam's metrics, over all attempts:\n%s\n", strings.Join(lines, "\n"))
	}
}
