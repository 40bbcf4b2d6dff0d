// Command abtool reads annotation byproducts into tables, computes statistics of them, and trains networks on
// them.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"abtool/internal/usage"
)

func init() { cobra.EnableCommandSorting = false } // --help lists commands in the order of their use

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// streams are the standard streams of a command.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run runs one command line and returns its exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	signals, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	// A second Ctrl-C ends the process at once, from before the command says so.
	context.AfterFunc(signals, func() { stop(); cancel() })
	root := rootCommand(streams{stdin, stdout, stderr})
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if of, left, unknown := root.Find(args); unknown != nil {
		left = slices.DeleteFunc(left, func(arg string) bool { return strings.HasPrefix(arg, "-") })
		err = unknownCommand(of, left[0])
	}
	switch {
	case err == nil:
		return usage.ExitDone
	case errors.Is(err, usage.ErrRejected):
		return usage.ExitRejected
	case usage.Is(err):
		fmt.Fprintf(stderr, "%s: %s\nSee %s --help.\n", cmd.CommandPath(), messageOf(err), cmd.CommandPath())
		return usage.ExitWrong
	}
	message := messageOf(err)
	if signals.Err() != nil && errors.Is(err, context.Canceled) {
		message = strings.Replace(message, context.Canceled.Error(), "stopped", 1)
	}
	fmt.Fprintf(stderr, "%s: %s\n", cmd.CommandPath(), message)
	return usage.ExitFailed
}

func rootCommand(s streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "abtool",
		Short: "Record how people label images, and learn from it",
		Long: `abtool works with annotation byproducts: the mouse traces, clicks, hovers, icon placements and
timings of people who label images. abtool collect records them, in a study of your own images.
abtool ingest reads them, or the released ImageNet-AB and COCO-AB, into a store of Parquet tables.
explore and sql look into a store, stats and report compute and draw the statistics of the paper,
and targets and train let networks learn where people clicked.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but some input was rejected.`,
		Example:       "  abtool demo\n  abtool collect demo\n  abtool ingest imagenet_ab_v1_0.tar.gz coco_ab_v1_0.json --out store",
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(flagError)
	root.SetUsageTemplate(strings.Replace(root.UsageTemplate(), "{{if .Runnable}}", `{{if and .Runnable (ne .Annotations.kind "group")}}`, 1))
	root.DisableSuggestions = true // unknownCommand has them
	root.CompletionOptions.HiddenDefaultCmd = true
	addGroup(root, "Data", collectCommand(s), ingestCommand(s), infoCommand(s), storeCommand(s), sqlCommand(s))
	addGroup(root, "Analysis", statsCommand(s), reportCommand(s), exploreCommand(s))
	addGroup(root, "Learning", targetsCommand(s), trainCommand(s), evalCommand(s), exportCommand(s), experimentCommand(s))
	addGroup(root, "Tools", demoCommand(s), synthCommand(s), schemaCommand(s), enginesCommand(s))
	root.SetHelpCommand(helpCommand())
	root.SetHelpCommandGroupID("Tools")
	return root
}

// addGroup adds commands to root, in this order, under the title that --help prints above them.
func addGroup(root *cobra.Command, title string, commands ...*cobra.Command) {
	root.AddGroup(&cobra.Group{ID: title, Title: title + ":"})
	for _, c := range commands {
		c.GroupID = title
		root.AddCommand(c)
	}
}

// A flagGroup is a part of the list of flags in a command's help.
type flagGroup struct {
	title, example string
	flags          string // names, in the order of the list
}

// groupFlags makes a command's help list its flags in groups, each of which begins with a title and an example. It
// panics if a group has a flag that the command does not have, or if a flag is in no group.
func groupFlags(c *cobra.Command, groups []flagGroup) {
	c.InitDefaultHelpFlag()
	var b strings.Builder
	count := 0
	for _, g := range groups {
		part := pflag.NewFlagSet(g.title, pflag.ContinueOnError)
		part.SortFlags = false
		for _, name := range strings.Fields(g.flags) {
			part.AddFlag(c.Flags().Lookup(name))
			count++
		}
		fmt.Fprintf(&b, "%s:\n", g.title)
		if g.example != "" {
			fmt.Fprintf(&b, "  %s\n\n", g.example)
		}
		b.WriteString(part.FlagUsages() + "\n")
	}
	const list = "Flags:\n{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}"
	template, all := c.UsageTemplate(), 0
	c.Flags().VisitAll(func(*pflag.Flag) { all++ })
	if count != all || !strings.Contains(template, list) {
		panic(fmt.Sprintf("%s has %d flags, and %d in groups", c.Name(), all, count))
	}
	c.SetUsageTemplate(strings.Replace(template, list, strings.TrimSpace(b.String()), 1))
}

// exactly returns a check that there are n arguments. Its error begins with wanted, which says how many a
// command takes.
func exactly(n int, wanted string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == n {
			return nil
		}
		return usage.Errorf("%s: got %d", wanted, len(args))
	}
}

// collectAt sets the garbage collector's percentage, unless the environment variable GOGC does.
func collectAt(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

// toolVersion is set when a release is linked. Without it, version returns the module's version.
var toolVersion string

// version returns the version of this program, "devel" for a build of a working copy.
func version() string {
	if toolVersion != "" {
		return toolVersion
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}
