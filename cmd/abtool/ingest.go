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

type ingestOptions struct {
	ingest.Options
	json, quiet bool
}

func ingestCommand(s streams) *cobra.Command {
	var o ingestOptions
	c := &cobra.Command{
		Use:   "ingest SOURCE... --out STORE",
		Short: "Read byproducts into a store of Parquet tables",
		Long: `Read annotation byproducts into a store: a folder of Parquet tables, with a sub-folder for each
data set.

A SOURCE is a file, a folder, or - for standard input. abtool recognises it by its content:
  ImageNet-AB      imagenet_ab_v1_0.tar.gz, the .tar in it, or the unpacked folder of .xml files
  COCO-AB          coco_ab_v1_0.json
  JSON             ImageNet or COCO records: an object, an array, JSON Lines, or a folder of .json
                   files; pages as the front ends send them, and dumps of the backends
  a study          the folder that abtool collect serves, also while it is served
Any of the files may be compressed with gzip.

Give the ground truth in the same run, to have it stored with the records:
  --boxes          ILSVRC's Annotations/CLS-LOC/train: a folder or archive of Pascal VOC files
  --instances      COCO's instances_train2014.json

In a folder, each archive (.tar, .tar.gz, .tgz) is a separate source and is counted separately.
Archives that hold only boxes, and files named instances_*.json, are read as ground truth. Other
files are counted but not read; so are the truth files that abtool synth writes with its data.

Every record is either stored, or listed in the rejects table with its place and the reason; the
summary printed at the end shows how many of each, and that they add up to the records read.

The data sets of this run replace those in the store all at once, after everything is written: an
interrupt, a full disk or a crash leaves an old store as it was.

Exit codes: 0 done, 1 failed (an old store is unchanged), 2 wrong usage, 3 done but some records
were rejected.`,
		Example: `  abtool ingest imagenet_ab_v1_0.tar.gz --out store
  abtool ingest coco_ab_v1_0.json --instances instances_train2014.json --out store
  abtool ingest downloads/ --out store
  abtool ingest train_xml/ --boxes Annotations/CLS-LOC/train --out store --force
  ssh host cat pages.jsonl.gz | abtool ingest - --out store --as imagenet --strict`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args)+len(o.Boxes)+len(o.Instances) == 0 {
				return usage.Errorf("no source to read: give a file, a folder or - for standard input")
			}
			if o.Out == "" {
				return usage.Errorf("--out STORE is missing: the folder to write the store to")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Sources = args
			return o.run(cmd.Context(), s)
		},
	}
	f := c.Flags()
	f.StringVar(&o.Out, "out", "", "folder of the `STORE` to write")
	f.StringArrayVar(&o.Boxes, "boxes", nil, "`PATH` of ILSVRC's boxes, a folder or archive; may be repeated")
	f.StringArrayVar(&o.Instances, "instances", nil, "`FILE` of COCO's ground truth, instances_*.json; may "+
		"be repeated")
	f.StringVar(&o.As, "as", "", "data `SET` of JSON whose keys do not show it: imagenet or coco")
	f.StringVar(&o.Format, "format", "parquet", "parquet, or arrow for both Parquet and Arrow IPC")
	f.IntVar(&o.Jobs, "jobs", 0, "number of workers, 0 for one per processor; the store is the same")
	f.BoolVar(&o.Strict, "strict", false, "stop at the first record or field that is rejected")
	f.Int64Var(&o.MaxRejects, "max-rejects", 0, "stop when more records than this are rejected, 0 for no limit")
	f.BoolVar(&o.Force, "force", false, "replace data sets that the store already holds")
	f.IntVar(&o.Limits.Member, "max-record-bytes", 0, "size of the largest archive member or JSON record "+
		"(default 64 MiB)")
	f.BoolVar(&o.json, "json", false, "print the summary as JSON, and progress to stderr as JSON Lines")
	f.BoolVar(&o.quiet, "quiet", false, "show no progress")
	return c
}

// ingestCollectAt is the garbage collector's percentage. Ingest allocates little beyond what it holds, so a
// low percentage costs almost no time and saves a third of the memory.
const ingestCollectAt = 18

func (o *ingestOptions) run(ctx context.Context, s streams) error {
	collectAt(ingestCollectAt)
	o.Stdin, o.Version = s.in, version()
	p := newProgress(s.err, o.json, o.quiet)
	o.Progress = p.show
	sum, err := ingest.Run(ctx, o.Options)
	p.bar.Clear()
	if sum != nil && (o.json || len(sum.DataSets) > 0) {
		if e := printAccount(s.out, sum, o.json, o.Out, err); e != nil && err == nil {
			err = e
		}
	}
	noteOutdated(ctx, s.err, o.Out)
	if err == nil && sum.Rejected() > 0 {
		err = usage.ErrRejected
	}
	return err
}

// printAccount prints the summary of a run, as text or as JSON.
func printAccount(w io.Writer, sum *store.Account, asJSON bool, dir string, failed error) error {
	if asJSON {
		text := ""
		if failed != nil {
			text = failed.Error()
		}
		return ui.PrintJSON(w, struct {
			*store.Account
			Error string `json:"error,omitempty"`
		}{sum, text})
	}
	printSummary(w, sum)
	if !sum.Completed {
		fmt.Fprintln(w, "Nothing was written: the summary above counts what was read before the run failed.")
		return nil
	}
	fmt.Fprintf(w, "Written to %s\nLook into it with: abtool info %s\n", dir, dir)
	return nil
}
