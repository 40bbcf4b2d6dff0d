package imagenet

import (
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct/plane"
)

// accuracyMaps is the accuracy by where the box is, and by where the click is (I11,
// docs/design/definitions.md#i11): every box of an image counts, and each image once at its click.
type accuracyMaps struct{ gtN, gtHits, clickN, clickHits plane.Grid }

func newAccuracyMaps(_ *engine, r *pass.Counts) *accuracyMaps {
	a := &accuracyMaps{}
	pass.Merges(r, &a.gtN, &a.gtHits, &a.clickN, &a.clickHits)
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
		pass.GridHistogram("by_gt_cell_hits", "of them, on images whose click hits", boxes, &a.gtHits),
		pass.GridHistogram("by_click_cell_n", "images by the cell of the click", images, &a.clickN),
		pass.GridHistogram("by_click_cell_hits", "of them, whose click hits", images, &a.clickHits))
	r.Tables = append(r.Tables, ringTable("by_gt_ring", "Accuracy by how far the centre of the box is from the middle cell", &a.gtN, &a.gtHits),
		ringTable("by_click_ring", "Accuracy by how far the click is from the middle cell", &a.clickN, &a.clickHits))
}

// ringTable sums the cells of a ring around the middle: ring 5 is the border.
func ringTable(name, title string, n, hits *plane.Grid) result.Table {
	t := result.Table{Name: name, Title: title, Columns: result.Header{
		{"ring", "cells", "0 is the middle cell, 5 the border"}, {"n", "count", "units"}, {"hits", "count", "of them, whose click hits"},
		{"accuracy", result.UnitShare, "hits / n"}, {"low", result.UnitShare, "95 % interval (wilson)"}, {"high", result.UnitShare, "95 % interval (wilson)"},
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
