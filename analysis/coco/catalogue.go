package coco

import (
	_ "embed"

	"abtool/analysis/internal/pass"
)

//go:embed statistics.toml
var descriptions string

// Statistics lists the statistics of COCO-AB, in the order of documents.
var Statistics = pass.Entries(descriptions, map[string]pass.Maker{
	"counts":          pass.Gathers(newCounts),
	"icon_precision":  pass.Gathers(newIconPrecision),
	"class_recall":    pass.Gathers(newClassRecall),
	"missed_classes":  pass.Gathers(newMissedClasses),
	"centre_bias":     pass.Gathers(newCentreBias),
	"icon_frame":      pass.Gathers(newIconFrame),
	"sequences":       pass.Gathers(newSequences),
	"category_recall": pass.Gathers(newCategoryRecall),
	"browsing":        pass.Gathers(newBrowsing),
	"time":            pass.Gathers(newPageTime),
	"hits":            pass.Gathers(newHITs),
	"workers":         pass.Gathers(newAnnotators),
	"quality":         pass.Gathers(newQuality),
})
