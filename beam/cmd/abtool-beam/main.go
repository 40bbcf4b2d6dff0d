// Command abtool-beam runs abtool's ingest, stats and targets on Apache Beam: in this process, or on Flink, Spark or
// Dataflow.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	beamlog "github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/x/beamx"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"abtool/analysis/result"
	"abtool/beam/pipeline"
	"abtool/beam/remote"
	"abtool/features"
	"abtool/internal/usage"
)

// toolVersion is set when a release is linked.
var toolVersion = "devel"

func main() {
	if len(os.Args) > 1 && strings.HasPrefix(os.Args[1], "--worker") { // started by a runner, with Beam's flags only
		flag.Parse()
		beam.Init()
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run runs one command line and returns its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:   "abtool-beam",
		Short: "Run abtool on Apache Beam",
		Long: `Run abtool's work on many inputs with Apache Beam. Without --runner everything runs in this process, with
Beam's runner Prism, and no service is needed. The files that are written are the same bytes as abtool
writes on one machine.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but some inputs or records were rejected.`,
		SilenceErrors: true, SilenceUsage: true,
		Args: func(_ *cobra.Command, args []string) error {
			return usage.Errorf("give a command: abtool-beam --help lists them")
		},
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage.Error(err) })
	root.AddCommand(ingestCommand(stdout), statsCommand(stdout), targetsCommand(stdout))
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	switch err := root.ExecuteContext(ctx); {
	case err == nil:
		return usage.ExitDone
	case errors.Is(err, usage.ErrRejected):
		return usage.ExitRejected
	case usage.Is(err):
		fmt.Fprintln(stderr, "error:", err)
		return usage.ExitWrong
	default:
		fmt.Fprintln(stderr, "error:", err)
		return usage.ExitFailed
	}
}

// common are the options of every command.
type common struct {
	out     string
	list    string
	parents int
	jobs    int
	verbose bool
}

func (o *common) flags(c *cobra.Command, out, what string) {
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&o.out, "out", "", "`"+out+"` to write: a path that all workers see, gs:// or s3://")
	f.StringVar(&o.list, "list", "", "`FILE` with more "+what+", one in each line")
	if out == "FOLDER" {
		f.IntVar(&o.parents, "parents", 0, "number of folders of a path that go into the name of its output")
	}
	f.IntVar(&o.jobs, "jobs", 0, "number of goroutines for one of the "+what+", 0 for one per processor")
	f.BoolVar(&o.verbose, "verbose", false, "print Beam's messages")
}

// given returns the arguments and what the list has.
func (o *common) given(ctx context.Context, args []string, what string) ([]string, error) {
	if o.list != "" {
		text, err := remote.Read(ctx, o.list)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); line != "" {
				args = append(args, line)
			}
		}
	}
	switch {
	case len(args) == 0:
		return nil, usage.Errorf("no %s: give files or folders, patterns, or a --list", what)
	case o.out == "":
		return nil, usage.Errorf("--out is missing: where to write to")
	case o.parents < 0 || o.jobs < 0:
		return nil, usage.Errorf("--parents and --jobs have to be 0 or more")
	}
	return args, nil
}

// execute runs the pipeline that build adds to a scope, and prints Beam's metrics.
func (o *common) execute(ctx context.Context, stdout io.Writer, build func(beam.Scope)) error {
	if !o.verbose {
		beamlog.SetLogger(quiet{})
		slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	}
	beam.Init()
	if self, err := os.Executable(); err == nil && *jobopts.WorkerBinary == "" && runtime.GOOS == "linux" {
		*jobopts.WorkerBinary = self // otherwise Beam looks for the sources of this program, to compile them
	}
	p, s := beam.NewPipelineWithRoot()
	build(s)
	done, err := beamx.RunWithMetrics(ctx, p)
	if err == nil {
		pipeline.PrintMetrics(stdout, done)
	}
	return err
}

// printAccount prints the account of a run.
func printAccount(ctx context.Context, stdout io.Writer, inputs []pipeline.Input, file, what string) error {
	a, err := pipeline.ReadAccount(ctx, file)
	if err != nil {
		return err
	}
	if err := a.Check(inputs); err != nil {
		return err
	}
	a.Print(stdout, what)
	fmt.Fprintf(stdout, "Account: %s\n", file)
	if a.Failed > 0 || a.Rejected > 0 {
		return usage.ErrRejected
	}
	return nil
}

// quiet is a logger of Beam that prints nothing: what users need is in the account and in errors.
type quiet struct{}

func (quiet) Log(context.Context, beamlog.Severity, int, string) {}

func ingestCommand(stdout io.Writer) *cobra.Command {
	var o pipeline.IngestOptions
	var c common
	var force bool
	cmd := &cobra.Command{
		Use:   "ingest INPUT... --out FOLDER",
		Short: "Make a store of each input",
		Long: `Make a store of each INPUT: an archive or a file of JSON, as for abtool ingest, or a pattern of such files, in
a folder, gs:// or s3://. The store of parts/day-1.jsonl.gz is FOLDER/day-1. It is written by a worker to its
own disk, and then copied, its account store.json last.

A store that was made from the same input with the same options is left alone, so that a run that was
interrupted goes on where it ended. An input that cannot be read is listed in FOLDER/ingest.json, with the
reason, and the others are read.`,
		Example: `  abtool-beam ingest 'parts/*.jsonl.gz' --out stores
  abtool-beam ingest 'gs://bucket/parts/*' --out gs://bucket/stores --runner flink --endpoint host:8099
  abtool stats stores`,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			args, err := c.given(ctx, args, "input")
			if err != nil {
				return err
			}
			inputs, err := pipeline.Inputs(ctx, args, c.parents)
			if err != nil {
				return err
			}
			if o.As != "" && o.As != "imagenet" && o.As != "coco" {
				return usage.Errorf("--as %s: give imagenet or coco", o.As)
			}
			if o.MaxRejects < 0 || o.MaxRecordBytes < 0 {
				return usage.Errorf("--max-rejects and --max-record-bytes have to be 0 or more")
			}
			o.Out, o.Jobs, o.Version = c.out, c.jobs, toolVersion
			if force {
				if err := pipeline.Replace(ctx, inputs, o); err != nil {
					return err
				}
			}
			if err := c.execute(ctx, stdout, func(s beam.Scope) { pipeline.Ingest(s, inputs, o) }); err != nil {
				return err
			}
			return printAccount(ctx, stdout, inputs, remote.Join(o.Out, pipeline.IngestAccount), "stored")
		},
	}
	c.flags(cmd, "FOLDER", "inputs")
	f := cmd.Flags()
	f.StringArrayVar(&o.Boxes, "boxes", nil, "`ARCHIVE` of ILSVRC's boxes, given to every store; may be repeated")
	f.StringArrayVar(&o.Instances, "instances", nil, "`FILE` of COCO's ground truth, given to every store; may be repeated")
	f.StringVar(&o.As, "as", "", "data `SET` of JSON whose keys do not show it: imagenet or coco")
	f.Int64Var(&o.MaxRejects, "max-rejects", 0, "give up an input with more rejected records, 0 for no limit")
	f.IntVar(&o.MaxRecordBytes, "max-record-bytes", 0, "size of the largest record (default 64 MiB)")
	f.BoolVar(&o.Strict, "strict", false, "end the run at the first input that fails")
	f.BoolVar(&force, "force", false, "replace stores of other inputs or options")
	beamFlags(cmd)
	return cmd
}

func statsCommand(stdout io.Writer) *cobra.Command {
	o := pipeline.StatsOptions{Options: result.Options{Rules: result.DefaultRules}}
	var c common
	cmd := &cobra.Command{
		Use:   "stats STORE... --out FILE",
		Short: "Compute the statistics of many stores as one",
		Long: `Compute the statistics of stores, in folders or buckets, as abtool stats --json does of all of them: the same
bytes. A STORE is a store, a folder of stores, or a pattern. Each worker gathers the statistics of a store, and
what was gathered is merged in the order of the stores. All records of an image have to be in one store.`,
		Example: `  abtool-beam stats 'gs://bucket/stores/*' --out gs://bucket/stats.json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			args, err := c.given(ctx, args, "store")
			if err != nil {
				return err
			}
			stores, err := pipeline.Stores(ctx, args, 0)
			if err != nil {
				return err
			}
			if o.Options.Bootstrap < 0 {
				return usage.Errorf("--bootstrap %d: give a number of samples, or 0 for no intervals", o.Options.Bootstrap)
			}
			if o.Options.Bootstrap == 0 {
				o.Options.Bootstrap = -1
			}
			o.Out, o.Place, o.Jobs, o.Version = c.out, strings.Join(args, ","), c.jobs, toolVersion
			if err := c.execute(ctx, stdout, func(s beam.Scope) { pipeline.Stats(s, stores, o) }); err != nil {
				return err
			}
			fmt.Fprintf(stdout, "Statistics of %d stores: %s\n", len(stores), o.Out)
			return nil
		},
	}
	c.flags(cmd, "FILE", "stores")
	f := cmd.Flags()
	f.StringVar(&o.State, "partial", "", "also write what was gathered to this `FILE`, for abtool stats --merge")
	f.StringSliceVar(&o.Options.Names, "name", nil, "`NAMES` of statistics, or of data sets (default: all)")
	f.StringVar(&o.Options.By, "by", "", "a table by `KEY`: "+strings.Join(result.Keys, ", "))
	f.BoolVar(&o.Options.Hide, "hide-workers", false, "replace the ids of workers and HITs by stable pseudonyms")
	f.IntVar(&o.Options.Bootstrap, "bootstrap", result.DefaultBootstrap, "number of bootstrap samples, 0 for no intervals")
	f.Uint64Var(&o.Options.Seed, "seed", result.DefaultSeed, "seed of the bootstrap samples")
	beamFlags(cmd)
	return cmd
}

func targetsCommand(stdout io.Writer) *cobra.Command {
	var o pipeline.TargetsOptions
	var c common
	cmd := &cobra.Command{
		Use:   "targets STORE... --out FOLDER",
		Short: "Derive the targets of each of many stores",
		Long: `Derive the targets of each STORE, as abtool targets does of that store alone, into FOLDER/name.parquet. A STORE
is a store, a folder of stores, or a pattern. Files that are complete are left alone. What a rule learns from a
store, such as whom to trust, it learns from each store by itself.`,
		Example: `  abtool-beam targets 'gs://bucket/stores/*' --out gs://bucket/targets`,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			args, err := c.given(ctx, args, "store")
			if err != nil {
				return err
			}
			stores, err := pipeline.Stores(ctx, args, c.parents)
			if err != nil {
				return err
			}
			if stores, err = pipeline.Named(stores); err != nil {
				return err
			}
			o.Out, o.Jobs, o.Version = c.out, c.jobs, toolVersion
			if err := c.execute(ctx, stdout, func(s beam.Scope) { pipeline.Targets(s, stores, o) }); err != nil {
				return err
			}
			return printAccount(ctx, stdout, stores, remote.Join(o.Out, pipeline.TargetsAccount), "rows")
		},
	}
	c.flags(cmd, "FOLDER", "stores")
	f := cmd.Flags()
	f.StringVar(&o.Options.Set, "set", "", "data `SET`, if the stores have both: imagenet or coco")
	f.StringSliceVar(&o.Options.Rules, "rule", nil, "`RULES` that choose points, or all (default: the paper's rule)")
	f.StringSliceVar(&o.Options.Signals, "signal", nil, "`SIGNALS` to add, or all")
	f.BoolVar(&o.Options.All, "all", false, "also write rows without a point, with weight 0")
	f.Uint64Var(&o.Options.Seed, "seed", 1, "seed of random points, splits and fractions")
	f.BoolVar(&o.Options.GTSize, "gt-size", false, "COCO: take the ground truth's image size where the record's is 0")
	f.StringVar(&o.Options.SplitBy, "split", "", "make splits without leakage by `KEY`: "+strings.Join(features.SplitKeys, ", "))
	f.Float64Var(&o.Options.Fraction, "fraction", 1, "share of the images to take, chosen by a hash of their ids")
	f.BoolVar(&o.Strict, "strict", false, "end the run at the first store that fails")
	beamFlags(cmd)
	return cmd
}

// shown are Beam's flags that --help lists. Others, such as the flags of Dataflow, are taken as well.
var shown = map[string]string{
	"runner":             "`RUNNER`: prism, flink, spark, dataflow or portable (default prism, in this process)",
	"endpoint":           "address of the job service, as `HOST:PORT`",
	"environment_type":   "where workers run this program: docker, process, external or loopback",
	"environment_config": "image of docker; JSON of process; address of external",
	"parallelism":        "number of parallel tasks on Flink",
}

// beamFlags adds the flags of Beam to a command.
func beamFlags(c *cobra.Command) {
	_ = runners.Runner // registers --runner
	var names []string
	flag.CommandLine.VisitAll(func(f *flag.Flag) {
		if !strings.HasPrefix(f.Name, "test.") && c.Flags().Lookup(f.Name) == nil {
			names = append(names, f.Name)
		}
	})
	slices.SortStableFunc(names, func(a, b string) int {
		rank := func(n string) int { return map[bool]int{true: 0, false: 1}[shown[n] != ""] }
		return rank(a) - rank(b)
	})
	for _, name := range names {
		of := flag.Lookup(name)
		f := c.Flags().VarPF(goFlag{of}, name, "", shown[name])
		f.Hidden = shown[name] == ""
		if b, ok := of.Value.(interface{ IsBoolFlag() bool }); ok && b.IsBoolFlag() {
			f.NoOptDefVal = "true"
		}
	}
}

// goFlag is a flag of Beam. Beam sends those that were set to its workers.
type goFlag struct{ f *flag.Flag }

func (g goFlag) String() string     { return "" }
func (g goFlag) Set(s string) error { return flag.Set(g.f.Name, s) }
func (g goFlag) Type() string       { return "string" }

var _ pflag.Value = goFlag{}
