package imagenet

import "abtool/analysis/result"

// published has the values that the paper reports for its own data, by statistic and value. They are only
// compared with computed values, never used in computing.
var published = map[string]result.Published{
	"counts.images":                {Value: 1281167, Where: "section 3"},
	"counts.byproduct_images":      {Value: 0.993, Where: "section C"},
	"counts.selected_images":       {Value: 0.867, Where: "section 3"},
	"rounds.first_round":           {Value: 0.718, Where: "section C"},
	"rounds.second_round":          {Value: 0.149, Where: "section C"},
	"click_accuracy.accuracy":      {Value: 0.829, Where: "section 4.1"},
	"centre_bias.gt_centres.share": {Value: 0.3, Relation: ">", Where: "figure C"},
	"random_clicks.centre.bc":      {Value: 0.839, Where: "figure C"},
	"random_clicks.uniform.bc":     {Value: 0.482, Where: "figure C"},
	"off_centre.share":             {Value: 0.161, Where: "section D"},
	"off_centre.accuracy":          {Value: 0.565, Where: "section D"},
	"last_samples.accuracy.0":      {Value: 0.829, Where: "figure E"},
	"last_samples.accuracy.8":      {Value: 0.65, Relation: "≈", Where: "figure E"},
	"trace_quantiles.accuracy.0":   {Value: 0.393, Where: "figure E"},
	"time_quantiles.accuracy.9":    {Value: 0.8, Relation: ">", Where: "figure E"},
	"hits.hits":                    {Value: 13536, Where: "section C"},
	"hits.duration_median":         {Value: 9 * 60000, Where: "section C"},
}
