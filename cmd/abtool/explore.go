package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"abtool/explore"
	"abtool/ingest"
	"abtool/ingest/study"
	"abtool/internal/ui"
	"abtool/internal/usage"
	"abtool/query"
	"abtool/store"
	storenotes "abtool/store/notes"
)

type exploreOptions struct {
	explore.Options
	open, json, quiet bool
}

func exploreCommand(s streams) *cobra.Command {
	var o exploreOptions
	c := &cobra.Command{
		Use:   "explore STORE...",
		Short: "Look at a store in a browser",
		Long: `Look at a store in a browser. The command prints an address for a browser on this machine, which
works once, and runs until Ctrl-C. Nothing is written to the store, and nothing is loaded from
elsewhere. Tags and notes are kept in STORE.notes.jsonl, next to the store.

STORE can be the folder of a study of abtool collect, also while it is served. It is read into a
temporary store, and again by the button Refresh.

Without --images, paths and boxes are drawn on a grey field in the shape of the image. To look
from another machine, use ssh -L 8080:127.0.0.1:8080 and --addr 127.0.0.1:8080.

--public shows the store to other machines, and needs TLS in one of three ways: --domain,
--tls-cert and --tls-key, or --behind-proxy. Then a query has half of the memory, and each
browser runs one at a time, and there are no notes without --notes; consider --hide-workers.

` + severalStores,
		Example: `  abtool explore store
  abtool explore store --images ILSVRC/train --open
  abtool explore store --addr 127.0.0.1:8080 --memory 4GB
  abtool explore may --compare june
  abtool explore mystudy
  abtool explore store --public --domain explore.example.org --hide-workers`,
		Args: stores("explore takes a STORE, or several"),
		RunE: func(cmd *cobra.Command, args []string) error {
			place, err := store.List(args...)
			if err != nil {
				return err
			}
			o.Store = place
			if study.Is(place) {
				return o.study(cmd.Context(), s)
			}
			if err := checkCompare(o.Compare); err != nil {
				return err
			}
			noteRepeats(s.err, place)
			return o.run(cmd.Context(), s)
		},
	}
	f := c.Flags()
	f.StringArrayVar(&o.Images, "images", nil, "`IMAGES` to show: a folder, a pattern or shards, as for abtool train;\nmay be repeated")
	f.StringVar(&o.Address, "addr", "", "`ADDRESS` to listen at (default: 127.0.0.1:0, a free port of this machine;\nwith --public :443, behind a proxy 127.0.0.1:8080)")
	f.BoolVar(&o.open, "open", false, "open the address in the browser")
	f.BoolVar(&o.Hide, "hide-workers", false, "replace the ids of workers and HITs by stable pseudonyms")
	f.StringVar(&o.Compare, "compare", "", "compare with another `STORE`, whose pages are at the next port")
	f.StringVar(&o.Notes, "notes", "", "`FILE` of tags and notes (default: STORE.notes.jsonl)")
	f.BoolVar(&o.ReadOnlyNotes, "read-only-notes", false, "show tags and notes, and let nobody add any")
	f.StringVar(&o.Title, "title", "", "title of the pages")
	f.StringVar(&o.Memory, "memory", query.DefaultMemory, "how much memory DuckDB may use")
	f.IntVar(&o.Threads, "threads", 0, "number of threads, 0 for one per processor")
	f.DurationVar(&o.Timeout, "timeout", explore.DefaultTimeout, "stop a query after this time")
	f.BoolVar(&o.Public, "public", false, "let everybody look who has the address that is printed")
	f.StringVar(&o.Domain, "domain", "", "`NAME` of this server, to get certificates for")
	f.StringVar(&o.Cert, "tls-cert", "", "`FILE` with the chain of certificates, in PEM")
	f.StringVar(&o.Key, "tls-key", "", "`FILE` with its key, in PEM")
	f.StringVar(&o.Proxy, "behind-proxy", "", "`NAME` of a proxy on this machine that has TLS")
	f.StringVar(&o.Token, "token", "", "`TOKEN` of a public address (default: a random one)")
	f.BoolVar(&o.json, "json", false, "print the address and the process as JSON")
	f.BoolVar(&o.quiet, "quiet", false, "print nothing but the address")
	return c
}

func (o *exploreOptions) run(ctx context.Context, s streams) error {
	if o.Timeout <= 0 {
		return usage.Errorf("--timeout %s: give a time above 0", o.Timeout)
	}
	if err := (query.Options{Memory: o.Memory, Threads: o.Threads}).Check(); err != nil {
		return err
	}
	if o.Public && o.Notes == "" { // what is noted for oneself is not for everybody
		o.Notes, o.ReadOnlyNotes = os.DevNull, true
	}
	o.Tool = version()
	first := true
	o.Ready = func(address string) {
		switch {
		case o.json:
			ui.PrintJSON(s.out, map[string]any{"address": address, "pid": os.Getpid()})
		case o.quiet || !first:
			fmt.Fprintln(s.out, address)
		default:
			works := "The address works once."
			if o.Public {
				works = "Everybody who has the address can look."
			}
			fmt.Fprintf(s.out, "%s\n%s Ctrl-C ends.\n", address, works)
		}
		if o.open && first {
			openBrowser(s.err, address)
		}
		first = false
	}
	return explore.Run(ctx, o.Options)
}

// study shows a study as the store that it makes.
func (o *exploreOptions) study(ctx context.Context, s streams) error {
	dir := filepath.Clean(o.Store)
	if o.Notes == "" && !o.Public {
		o.Notes = dir + storenotes.Ending
	}
	if o.Title == "" {
		o.Title = filepath.Base(dir)
	}
	o.Study = &explore.Study{
		Make: func(ctx context.Context, to string) (string, error) {
			out := filepath.Join(to, "store")
			_, err := ingest.Run(ctx, ingest.Options{Sources: []string{dir}, Out: out, Jobs: o.Threads})
			return out, err
		},
		Stored: func(ctx context.Context) (int64, int64, error) { return study.Stored(ctx, dir) },
	}
	return o.run(ctx, s)
}
