package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"abtool/collect"
	"abtool/collect/storage"
)

func collectUpgradeCommand(s streams) *cobra.Command {
	return &cobra.Command{
		Use:   "upgrade DIR",
		Short: "Change a study of an earlier abtool into one of this abtool",
		Long: `Change the tables of the database of a study, if an earlier version of abtool made them, into those
that this version reads. Stop the server first, and all servers if several share a database. What
was recorded stays as it is. The change is made whole or not at all; an earlier version cannot read
the study afterwards, so make a backup before.`,
		Example: `  abtool collect upgrade birds`,
		Args:    exactly(1, "collect upgrade takes one argument, the folder of the study"),
		RunE:    func(cmd *cobra.Command, args []string) error { return upgradeStudy(cmd.Context(), s.out, args[0]) },
	}
}

func upgradeStudy(ctx context.Context, w io.Writer, dir string) error {
	if _, err := collect.Open(dir); err != nil {
		return err
	}
	h := home(ctx, dir)
	shared, err := h.Shared()
	if err != nil {
		return err
	}
	if !shared {
		lock, err := storage.Lock(dir)
		if err != nil {
			return err
		}
		defer lock.Close()
	}
	from, err := h.Upgrade(ctx)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%s was never served, so that there is nothing to change", dir)
	case err != nil:
		return err
	case from == storage.FormatVersion:
		fmt.Fprintf(w, "%s has format %d, as this version of abtool has it; nothing was changed\n", dir, from)
	default:
		fmt.Fprintf(w, "%s had format %d, and has format %d now\n", dir, from, storage.FormatVersion)
	}
	return nil
}
