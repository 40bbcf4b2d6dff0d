package analysis

import "abtool/internal/stat"

// imagenetPublished are the values that the paper reports of its own data, by statistic and value. They are compared
// with, never computed with.
var imagenetPublished = map[string]Published{
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

// cocoPublished are the values that the paper reports of its own data, by statistic and value. They are compared
// with, never computed with.
var cocoPublished = map[string]Published{
	"counts.images_gt":             {Value: 82783, Where: "section 3"},
	"counts.byproduct_records":     {Value: 0.9998, Where: "section C"},
	"icon_precision.on_mask":       {Value: 0.923, Where: "section E"},
	"class_recall.recall":          {Value: 0.619, Where: "section 3"},
	"centre_bias.gt_centres.share": {Value: 0.04, Relation: "<", Where: "figure G"},
	"sequences.icons":              {Value: 162418, Relation: ">", Where: "figure J, sequences seen more than 10 times"},
	"sequences.add_only":           {Value: 0.94, Where: "figure J"},
	"sequences.longest_actions":    {Value: 24, Where: "section E"},
	"hits.hits":                    {Value: 4140, Where: "section C"},
	"hits.recall":                  {Value: 0.619, Where: "section C"},
	"hits.recall_std":              {Value: 0.118, Where: "section C"},
	"hits.precision":               {Value: 0.923, Where: "section C"},
	"hits.precision_std":           {Value: 0.057, Where: "section C"},
	"hits.duration_median":         {Value: 12.1 * 60000, Where: "section C"},
	"workers.workers":              {Value: 662, Where: "section C"},
}

// publishedSequences are the counts of figure J.
var publishedSequences = map[string]int64{
	"add": 154320, "add-move": 4128, "add-remove-add": 2778, "add-move-move": 344, "add-remove-add-remove-add": 271, "add-move-remove-add": 191,
	"add-remove-add-move": 114, "add-remove-add-remove-add-remove-add": 67, "add-move-remove-add-move": 37, "add-move-move-remove-add": 29,
	"add-move-move-move": 29, "add-move-remove-add-remove-add": 27, "add-remove-add-remove-add-remove-add-remove-add": 19,
	"add-remove-add-remove-add-move": 17, "add-remove-add-move-remove-add": 12, "add-move-move-move-move": 11,
}

// refer puts the published values next to those of a statistic.
func refer(s *Statistic, published map[string]Published) {
	for i := range s.Values {
		v := &s.Values[i]
		p, ok := published[s.Name+"."+v.Name]
		if !ok {
			continue
		}
		if v.Interval != nil {
			yes := agrees(&p, v.Interval)
			p.Covered = &yes
		}
		v.Published = &p
	}
}

// agrees reports whether some value of the interval is what the paper says.
func agrees(p *Published, i *stat.Interval) bool {
	switch p.Relation {
	case ">":
		return i.High > p.Value
	case "<":
		return i.Low < p.Value
	}
	return i.Covers(p.Value)
}
