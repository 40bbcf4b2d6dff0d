package imagenet

import (
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct/plane"
)

// accuracyMaps counts the accuracy by the place of the box, where every box of an image counts, and by the
// place of the click, where each image counts once (I11, docs/design/definitions.md#i11).
type accuracyMaps struct{ gtN, gtHits, clickN, clickHits plane.Grid }

func newAccuracyMaps(_ *engine, r *pass.Counts) *accuracyMaps {
	a := &accuracyMaps{}
	pass.Merges(r, "gt_n gt_hits click_n click_hits", &a.gtN, &a.gtHits, &a.clickN, &a.clickHits)
	return a
}

func (a *accuracyMaps) picture(p *picture) {
	if !p.clickedBoxed() {
		return
	}
	for _, b := range p.boxes {
		x, y := b.Centre()
		a.gtN.Add(x, y)
		if p.hit {
			a.gtHits.Add(x, y)
		}
	}
	a.clickN.Add(p.x, p.y)
	if p.hit {
		a.clickHits.Add(p.x, p.y)
	}
}

func (a *accuracyMaps) Result(_ *engine, r *result.Statistic) {
	const boxes, images = "boxes of images with a final click", "images with a box and a final click"
	r.Histograms = append(r.Histograms,
		pass.GridHistogram("by_gt_cell_n", "boxes by the cell of their centre", boxes, &a.gtN),
		pass.GridHistogram("by_gt_cell_hits",
			"boxes on images whose click hits, by the cell of their centre", boxes, &a.gtHits),
		pass.GridHistogram("by_click_cell_n", "images by the cell of the click", images, &a.clickN),
		pass.GridHistogram("by_click_cell_hits", "images whose click hits, by the cell of the click",
			images, &a.clickHits))
	r.Tables = append(r.Tables, ringTable("by_gt_ring", "Accuracy by the distance of the box's centre from "+
		"the middle cell", &a.gtN, &a.gtHits),
		ringTable("by_click_ring", "Accuracy by the distance of the click from the middle cell",
			&a.clickN, &a.clickHits))
}

// ringTable returns a table of sums over the rings of cells around the middle; ring 5 is the border.
func ringTable(name, title string, n, hits *plane.Grid) result.Table {
	t := result.Table{Name: name, Title: title, Columns: result.Header{
		{"ring", "cells", "distance from the middle cell: 0 is the middle cell, 5 the border"},
		{"n", "count", "boxes or images"}, {"hits", "count", "boxes or images whose click hits"},
		{"accuracy", result.UnitShare, "hits / n"}, {"low", result.UnitShare, "95 % interval (wilson)"},
		{"high", result.UnitShare, "95 % interval (wilson)"},
	}.Columns()}
	const middle = plane.GridSize / 2
	for ring := range middle + 1 {
		var total, hit int64
		for r := range plane.GridSize {
			for c := range plane.GridSize {
				if max(abs(r-middle), abs(c-middle)) == ring {
					total += n.Cells[r][c]
					hit += hits.Cells[r][c]
				}
			}
		}
		t.Rows = append(t.Rows, append([]any{int64(ring), total, hit}, pass.Share(hit, total)...))
	}
	return t
}

func abs(i int) int { return max(i, -i) }
