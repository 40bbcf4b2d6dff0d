// Command abtool turns annotation byproducts into tables, and the tables into answers.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"abtool/internal/usage"
)

// Exit codes of every command.
const (
	exitDone     = 0
	exitFailed   = 1
	exitUsage    = 2
	exitRejected = 3 // done, but some input was rejected
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// streams are what a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// errRejected ends a command that did its work on an input with faults.
var errRejected = errors.New("some input was rejected")

// run runs one command line and returns its exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	root := rootCommand(streams{stdin, stdout, stderr})
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errRejected):
		return exitRejected
	case usage.Is(err), strings.HasPrefix(err.Error(), "unknown command"):
		fmt.Fprintf(stderr, "%s: %v\nSee %s --help.\n", cmd.CommandPath(), err, cmd.CommandPath())
		return exitUsage
	}
	fmt.Fprintf(stderr, "%s: %v\n", cmd.CommandPath(), err)
	return exitFailed
}

func rootCommand(s streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "abtool",
		Short: "Annotation byproducts: from files to tables to answers",
		Long: `abtool reads annotation byproducts, the mouse traces, clicks, hovers, icon placements and
timings that people leave behind while they label images (ImageNet-AB and COCO-AB, or your
own from the same front ends), into Parquet tables that any tool can query.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but some input was rejected.`,
		Example:       "  abtool demo\n  abtool ingest imagenet_ab_v1_0.tar.gz coco_ab_v1_0.json --out store",
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage.Error(err) })
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(ingestCommand(s), infoCommand(s), schemaCommand(s), synthCommand(s), demoCommand(s), sqlCommand(s), statsCommand(s), reportCommand(s), targetsCommand(s), trainCommand(s), evalCommand(s), experimentCommand(s))
	root.AddCommand(enginesCommand(s))
	return root
}

// exactly asks for n arguments, described by what.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == n {
			return nil
		}
		return usage.Errorf("%s: %d arguments given, %d wanted", what, len(args), n)
	}
}

// collectAt sets the garbage collector's percentage, unless the environment does.
func collectAt(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

// toolVersion is set by releases; else the module's version is told.
var toolVersion string

func version() string {
	if toolVersion != "" {
		return toolVersion
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}
