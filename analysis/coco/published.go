package coco

import "abtool/analysis/result"

// published has the values that the paper reports for its own data, by statistic and value. They are only
// compared with computed values, never used in computing.
var published = map[string]result.Published{
	"counts.images_gt":             {Value: 82783, Where: "section 3"},
	"counts.byproduct_records":     {Value: 0.9998, Where: "section C"},
	"icon_precision.on_mask":       {Value: 0.923, Where: "section E"},
	"class_recall.recall":          {Value: 0.619, Where: "section 3"},
	"centre_bias.gt_centres.share": {Value: 0.04, Relation: "<", Where: "figure G"},
	"sequences.icons": {Value: 162418, Relation: ">",
		Where: "figure J, sequences seen more than 10 times"},
	"sequences.add_only":        {Value: 0.94, Where: "figure J"},
	"sequences.longest_actions": {Value: 24, Where: "section E"},
	"hits.hits":                 {Value: 4140, Where: "section C"},
	"hits.recall":               {Value: 0.619, Where: "section C"},
	"hits.recall_std":           {Value: 0.118, Where: "section C"},
	"hits.precision":            {Value: 0.923, Where: "section C"},
	"hits.precision_std":        {Value: 0.057, Where: "section C"},
	"hits.duration_median":      {Value: 12.1 * 60000, Where: "section C"},
	"workers.workers":           {Value: 662, Where: "section C"},
}

// publishedSequences are the counts of figure J.
var publishedSequences = map[string]int64{
	"add": 154320, "add-move": 4128, "add-remove-add": 2778, "add-move-move": 344,
	"add-remove-add-remove-add": 271, "add-move-remove-add": 191,
	"add-remove-add-move": 114, "add-remove-add-remove-add-remove-add": 67, "add-move-remove-add-move": 37,
	"add-move-move-remove-add": 29,
	"add-move-move-move":       29, "add-move-remove-add-remove-add": 27,
	"add-remove-add-remove-add-remove-add-remove-add": 19,
	"add-remove-add-remove-add-move":                  17, "add-remove-add-move-remove-add": 12,
	"add-move-move-move-move": 11,
}
