// Command abtool-beam runs abtool's ingest and targets on Apache Beam: in this process, or on Flink, Spark or
// Dataflow.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	beamlog "github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/x/beamx"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"abtool/beam/pipeline"
	"abtool/beam/remote"
	"abtool/internal/usage"
)

// Exit codes, those of abtool.
const (
	exitDone     = 0
	exitFailed   = 1
	exitUsage    = 2
	exitRejected = 3 // done, but some input was rejected
)

var errRejected = errors.New("some input was rejected")

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
	root.AddCommand(ingestCommand(stdout, stderr))
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	switch err := root.ExecuteContext(ctx); {
	case err == nil:
		return exitDone
	case errors.Is(err, errRejected):
		return exitRejected
	case usage.Is(err):
		fmt.Fprintln(stderr, "error:", err)
		return exitUsage
	default:
		fmt.Fprintln(stderr, "error:", err)
		return exitFailed
	}
}

// common are the options of every command.
type common struct {
	out     string
	list    string
	parents int
	verbose bool
}

func (o *common) flags(c *cobra.Command, what string) {
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&o.out, "out", "", "`FOLDER` to write to: a path that all workers see, gs:// or s3://")
	f.StringVar(&o.list, "list", "", "`FILE` with more "+what+", one in each line")
	f.IntVar(&o.parents, "parents", 0, "number of folders of a path that go into the name of its output")
	f.BoolVar(&o.verbose, "verbose", false, "print Beam's messages")
}

// inputs returns the inputs that were given as arguments and in the list.
func (o *common) inputs(ctx context.Context, args []string) ([]pipeline.Input, error) {
	if o.list != "" {
		text, err := remote.Read(ctx, o.list)
		if err != nil {
			return nil, err
		}
		for lines := bufio.NewScanner(strings.NewReader(string(text))); lines.Scan(); {
			if line := strings.TrimSpace(lines.Text()); line != "" {
				args = append(args, line)
			}
		}
	}
	switch {
	case len(args) == 0:
		return nil, usage.Errorf("no input: give files, patterns or a --list")
	case o.out == "":
		return nil, usage.Errorf("--out FOLDER is missing: the folder to write to")
	case o.parents < 0:
		return nil, usage.Errorf("--parents %d: give 0 or more", o.parents)
	}
	return pipeline.Inputs(ctx, args, o.parents)
}

// execute runs a pipeline and prints its account.
func (o *common) execute(ctx context.Context, p *beam.Pipeline, inputs []pipeline.Input, account, what string, stdout, stderr io.Writer) error {
	if !o.verbose {
		beamlog.SetLogger(quiet{})
		slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	}
	result, err := beamx.RunWithMetrics(ctx, p)
	if err != nil {
		return err
	}
	a, err := pipeline.ReadAccount(ctx, account)
	if err != nil {
		return err
	}
	if err := a.Check(inputs); err != nil {
		return err
	}
	a.Print(stdout, what)
	pipeline.PrintMetrics(stdout, result)
	fmt.Fprintf(stdout, "Account: %s\n", account)
	if a.Failed > 0 || a.Rejected > 0 {
		return errRejected
	}
	return nil
}

// quiet is a logger of Beam that prints nothing: what users need is in the account and in errors.
type quiet struct{}

func (quiet) Log(context.Context, beamlog.Severity, int, string) {}

func ingestCommand(stdout, stderr io.Writer) *cobra.Command {
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
			inputs, err := c.inputs(ctx, args)
			if err != nil {
				return err
			}
			if o.As != "" && o.As != "imagenet" && o.As != "coco" {
				return usage.Errorf("--as %s: give imagenet or coco", o.As)
			}
			if o.Jobs < 0 || o.MaxRejects < 0 || o.MaxRecordBytes < 0 {
				return usage.Errorf("--jobs, --max-rejects and --max-record-bytes have to be 0 or more")
			}
			o.Out, o.Version = c.out, toolVersion
			if force {
				if err := pipeline.Replace(ctx, inputs, o); err != nil {
					return err
				}
			}
			beam.Init()
			p, s := beam.NewPipelineWithRoot()
			pipeline.Ingest(s, inputs, o)
			return c.execute(ctx, p, inputs, remote.Join(o.Out, pipeline.IngestAccount), "stored", stdout, stderr)
		},
	}
	c.flags(cmd, "inputs")
	f := cmd.Flags()
	f.StringArrayVar(&o.Boxes, "boxes", nil, "`ARCHIVE` of ILSVRC's boxes, given to every store; may be repeated")
	f.StringArrayVar(&o.Instances, "instances", nil, "`FILE` of COCO's ground truth, given to every store; may be repeated")
	f.StringVar(&o.As, "as", "", "data `SET` of JSON whose keys do not show it: imagenet or coco")
	f.Int64Var(&o.MaxRejects, "max-rejects", 0, "give up an input with more rejected records, 0 for no limit")
	f.IntVar(&o.MaxRecordBytes, "max-record-bytes", 0, "size of the largest record (default 64 MiB)")
	f.IntVar(&o.Jobs, "jobs", 0, "number of goroutines for an input, 0 for one per processor")
	f.BoolVar(&o.Strict, "strict", false, "end the run at the first input that fails")
	f.BoolVar(&force, "force", false, "replace stores of other inputs or options")
	beamFlags(cmd)
	return cmd
}

// shown are Beam's flags that --help lists. The others, such as those of Dataflow, are taken as well.
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
