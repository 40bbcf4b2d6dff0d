package imagenet

import (
	_ "embed"

	"abtool/analysis/internal/pass"
)

//go:embed statistics.toml
var descriptions string

// Statistics lists the statistics of ImageNet-AB, in the order of documents.
var Statistics = pass.Entries(descriptions, map[string]pass.Maker{
	"counts":          pass.Gathers(newCounts),
	"rounds":          pass.Gathers(newRounds),
	"click_accuracy":  pass.Gathers(newClickAccuracy),
	"centre_bias":     pass.Gathers(newCentreBias),
	"random_clicks":   pass.Gathers(newRandomClicks),
	"off_centre":      pass.Gathers(newOffCentre),
	"accuracy_maps":   pass.Gathers(newAccuracyMaps),
	"last_samples":    pass.Gathers(newLastSamples),
	"trace_quantiles": pass.Gathers(newTraceQuantiles),
	"time_quantiles":  pass.Gathers(newTimeQuantiles),
	"trace_lengths":   pass.Gathers(newTraceLengths),
	"box_frame":       pass.Gathers(newBoxFrame),
	"hits":            pass.Gathers(newHITs),
	"workers":         pass.Gathers(newAnnotators),
	"timing":          pass.Gathers(newTiming),
	"calibration":     pass.Gathers(newCalibration),
	"extent":          pass.Gathers(newExtent),
	"difficulty":      pass.Gathers(newDifficulty),
	"scanning":        pass.Gathers(newScanning),
	"mouse_measures":  pass.Gathers(newMouseMeasures),
	"quality":         pass.Gathers(newQuality),
})
