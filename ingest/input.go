package ingest

import (
	"maps"

	"abtool/ingest/decode"
	"abtool/ingest/source"
	"abtool/store"
)

// input is a source with its accounts. They belong to the goroutine that accepts units.
type input struct {
	*source.Source
	accounts [decode.COCO + 1]*store.Source // by data set
	home     decode.Set                     // the data set that files are counted in, zero as long as no record has shown it
	met      int64                          // records so far
	aside    int64                          // values next to the records of containers
	boxes    int64                          // boxes in a source of --boxes
	repaired int64                          // strings of COCO with bytes that are not UTF-8
	// Rejects and headers from before home was known.
	pending        []decode.Reject
	pendingHeaders int64
}

func newInput(s *source.Source) *input { return &input{Source: s} }

// skipped returns the counts of Skips.Kinds, and the number of values that stood next to records.
func (in *input) skipped() map[string]int64 {
	all := maps.Clone(in.Skips.Kinds)
	if in.aside > 0 {
		if all == nil {
			all = map[string]int64{}
		}
		all[source.NextToRecords] += in.aside
	}
	return all
}
