package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"abtool/ingest"
	"abtool/internal/ui"
	"abtool/internal/usage"
	"abtool/store"
)

func storeCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use:     "store COMMAND",
		Short:   "Take out of a store what annotators had deleted",
		Long:    `Change a store after it was made.`,
		Example: `  abtool store erase store`,
		Args:    subcommand(), Annotations: isGroup,
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	c.AddCommand(storeEraseCommand(s))
	return c
}

type storeEraseOptions struct {
	studies []string
	jobs    int
	quiet   bool
}

func storeEraseCommand(s streams) *cobra.Command {
	var o storeEraseOptions
	c := &cobra.Command{
		Use:   "erase STORE",
		Short: "Take out of a store what annotators of its studies had deleted",
		Long: `Make a store again from the sources that it was made of, if an annotator of one of its studies was
erased since (abtool collect erase). The store is replaced in one step, as by abtool ingest. What
the study has recorded since then comes in as well.

Studies and other sources are looked for where they were. Give --study if a study has moved.
Targets, reports and copies that were made of the store have to be made again, too.`,
		Example: `  abtool store erase store
  abtool store erase store --study backup/birds`,
		Args: exactly(1, "store erase takes one argument, the STORE"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), s, args[0]) },
	}
	f := c.Flags()
	f.StringArrayVar(&o.studies, "study", nil, "folder `DIR` of a study of the store; may be repeated")
	f.IntVar(&o.jobs, "jobs", 0, "number of workers, 0 for one per processor; the store is the same")
	f.BoolVar(&o.quiet, "quiet", false, "show no progress")
	return c
}

func (o *storeEraseOptions) run(ctx context.Context, s streams, dir string) error {
	if dirs, err := store.Folders(dir); err == nil && len(dirs) > 1 {
		return usage.Errorf("%s is %d stores: give one", dir, len(dirs))
	}
	collectAt(ingestCollectAt)
	p := newProgress(s.err, false, o.quiet)
	sum, err := ingest.Erase(ctx, dir, ingest.Options{Jobs: o.jobs, Version: version(), Progress: p.show}, o.studies...)
	p.bar.Clear()
	switch {
	case sum != nil:
		if e := printAccount(s.out, sum, false, dir, err); err == nil {
			err = e
		}
	case err == nil:
		fmt.Fprintf(s.out, "%s has nothing that annotators had deleted, and was left as it is\n", dir)
	}
	if err == nil && sum != nil && sum.Rejected() > 0 {
		err = usage.ErrRejected
	}
	return err
}

// noteOutdated says of each data set of a store that it is older than the last erasure of its study.
func noteOutdated(ctx context.Context, w io.Writer, dir string) {
	a, err := store.Read(dir)
	if err != nil {
		return // the command says it
	}
	outdated, err := ingest.FindOutdated(ctx, dir, a)
	if err != nil {
		return
	}
	for _, o := range outdated {
		ui.Note(w, outdatedText(dir, o))
	}
}

func outdatedText(dir string, o ingest.Outdated) string {
	if o.Unknown != "" {
		return o.String()
	}
	return fmt.Sprintf("%v: abtool store erase %s takes it out", o, dir)
}
