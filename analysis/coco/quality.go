package coco

import (
	"slices"

	"abtool/analysis/internal/partial"
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct"
	"abtool/byproduct/coco"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// quality has the checks of COCO-AB's data.
type quality struct {
	checks                                                 pass.Checks[*record]
	startsOdd, moved, lost, withoutTruth, size, repeatedID *pass.Check
	pageOf                                                 map[hitPage]int64 // number of rows
}

// A hitPage is a page of a HIT.
type hitPage struct {
	hit   int32
	index int64
}

func (k *hitPage) columns(c *partial.Columns) {
	c.Ref("hit", partial.HITs, &k.hit)
	c.Int("page_idx", &k.index)
}

func newQuality(_ *engine, r *pass.Counts) *quality {
	a := &quality{pageOf: map[hitPage]int64{}}
	pass.Merges(r, "checks", &a.checks)
	pass.Map(r, "pages", &a.pageOf, func(to *int64, n int64) { *to += n }, func(k *hitPage, n *int64, c *partial.Columns) {
		k.columns(c)
		c.Int("rows", n)
	})
	a.ofPages()
	a.startsOdd = a.checks.Add(pass.Check{
		Name: "sequence_without_add", Title: "the icon's first action is move or remove", Of: "icons",
		Where: "SELECT seq, image_id, icon, sequence FROM coco_icons JOIN coco_categories ON category = " +
			"icon WHERE NOT starts_with(sequence, 'add')",
	})
	a.moved = a.checks.Add(pass.Check{
		Name: "moved_after_add", Title: "the icon stays in another place than where it was last added",
		Of: "icons that stay, with a point",
		Where: "SELECT seq, image_id, icon, x, y, end_x, end_y FROM coco_icons JOIN coco_categories ON " +
			"category = icon WHERE placed AND x IS NOT NULL AND (end_x <> x OR end_y <> y)",
	})
	a.lost = a.checks.Add(pass.Check{
		Name: "lost_by_near_drop", Title: "the icon's last action is remove although its point was on a " +
			"mask of its class; the front end records a remove when an icon is dropped almost in its old place", Of: "icons on a mask",
		Where: "SELECT seq, image_id, icon, sequence FROM coco_localization WHERE on_mask AND NOT placed",
	})
	a.withoutTruth = a.checks.Add(pass.Check{
		Name: "not_in_gt", Title: "the image is not in the ground truth", Of: "pages",
		Where: "SELECT seq, image_id FROM coco_annotations WHERE image_id NOT IN (SELECT image_id FROM coco_images)",
	})
	a.size = a.checks.Add(pass.Check{
		Name: "size_not_gt", Title: "the original size differs from the size in the ground truth, and is not 0", Of: "pages with both sizes",
		Where: "SELECT seq, image_id, original_width, original_height, width, height FROM coco_annotations " +
			"JOIN coco_images USING (image_id) " +
			"WHERE original_width > 0 AND original_height > 0 AND width > 0 AND height > 0 AND " +
			"(original_width <> width OR original_height <> height)",
	})
	a.repeatedID = a.checks.Add(pass.Check{
		Name: "repeated_pages", Title: "another row has the same HIT and page", Of: "pages with both",
		Where: "SELECT seq, image_id, hit_id, page_idx FROM coco_annotations WHERE hit_id IS NOT NULL AND " +
			"page_idx IS NOT NULL QUALIFY count(*) OVER (PARTITION BY hit_id, page_idx) > 1",
	})
	return a
}

// ofPages adds the checks of pages that need only the row.
func (a *quality) ofPages() {
	pages := func(name, title, where string, test func(*record) (applies, fails bool)) {
		a.checks.Row(pass.Check{
			Name: name, Title: title, Of: "pages", Where: "SELECT seq, image_id, worker_id FROM " +
				"coco_annotations WHERE " + where,
		}, test)
	}
	actions := func(name, title, where string, test func(r *record, i int) (applies, fails bool)) {
		at := a.checks.Add(pass.Check{
			Name: name, Title: title, Of: "actions", Where: "SELECT seq, image_id, i, type, icon FROM " +
				"coco_actions WHERE " + where,
		})
		a.checks.Each(func(r *record) {
			for i := range r.kind {
				if applies, fails := test(r, i); applies {
					at.See(fails)
				}
			}
		})
	}
	actions("unknown_type", "actions that are neither add, move nor remove (C2)",
		"type IS NULL OR type NOT IN ('add', 'move', 'remove')",
		func(r *record, i int) (bool, bool) { return true, r.kind[i] == coco.Unknown })
	actions("unknown_icon", "actions of known type on an icon of an unknown class (C2)",
		"type IN ('add', 'move', 'remove') AND (icon IS NULL OR icon NOT IN (SELECT category FROM coco_categories))",
		func(r *record, i int) (bool, bool) {
			return r.kind[i] != coco.Unknown, r.kind[i] != coco.Unknown && r.class[i] < 0
		})
	actions("add_without_place", "adds and moves without a place",
		"type IN ('add', 'move') AND (to_x IS NULL OR to_y IS NULL)",
		func(r *record, i int) (bool, bool) {
			put := r.kind[i] == coco.Add || r.kind[i] == coco.Move
			return put, put && !r.hasPlace(i)
		})
	actions("add_outside", "adds and moves to a place outside of the image",
		"type IN ('add', 'move') AND NOT (to_x BETWEEN 0 AND 1 AND to_y BETWEEN 0 AND 1)",
		func(r *record, i int) (bool, bool) {
			put := (r.kind[i] == coco.Add || r.kind[i] == coco.Move) && r.hasPlace(i)
			return put, put && !(r.toX[i] >= 0 && r.toX[i] <= 1 && r.toY[i] >= 0 && r.toY[i] <= 1)
		})
	actions("action_without_time", "actions without a time", "t IS NULL",
		func(r *record, i int) (bool, bool) { return true, r.t[i] == columnar.Null })
	pages("after_the_end", "an action, step or sample is later than time_spent",
		"greatest(list_max([a.t FOR a IN actions]), list_max([b.t FOR b IN browsing]), list_max([m.t FOR m "+
			"IN mouse])) > time_spent",
		func(r *record) (bool, bool) {
			last := max(byproduct.Latest(r.t), byproduct.Latest(r.browseT), byproduct.Latest(r.mouse.T))
			return r.page.spent != columnar.Null && last != columnar.Null, last > r.page.spent
		})
	pages("times_backwards", "the times of actions, steps or samples are not in ascending order",
		"len(list_filter([[a.t FOR a IN actions IF a.t IS NOT NULL], [b.t FOR b IN browsing IF b.t IS NOT "+
			"NULL], [m.t FOR m IN mouse IF m.t IS NOT NULL]], lambda l: l <> list_sort(l))) > 0",
		func(r *record) (bool, bool) {
			return len(r.t)+len(r.browseT)+len(r.mouse.T) > 0, byproduct.Backwards(r.t) ||
				byproduct.Backwards(r.browseT) || byproduct.Backwards(r.mouse.T)
		})
	pages("actions_backwards", "the times of actions are not in ascending order",
		"[a.t FOR a IN actions IF a.t IS NOT NULL] <> list_sort([a.t FOR a IN actions IF a.t IS NOT NULL])",
		func(r *record) (bool, bool) { return len(r.t) > 0, byproduct.Backwards(r.t) })
	pages("no_action", "the page has no action with an icon, of any type", "len(actions) = 0",
		func(r *record) (bool, bool) { return true, len(r.kind) == 0 })
	pages("no_mouse", "the page has no mouse sample", "len(mouse) = 0",
		func(r *record) (bool, bool) { return true, r.mouse.Len() == 0 })
	pages("no_icon", "no icon stays on the page", "len(actions) = 0 OR NOT EXISTS (SELECT 1 FROM "+
		"coco_icons i JOIN coco_categories c ON c.category = i.icon WHERE i.seq = coco_annotations.seq AND i.placed)",
		func(r *record) (bool, bool) {
			return true, !slices.ContainsFunc(r.page.icons, func(k icon) bool { return k.Placed })
		})
	pages("last_superclass_not_reached", "the last superclass was not reached, which a page requires "+
		"before it can be submitted", "NOT list_contains([b.category_idx FOR b IN browsing], 10)",
		func(r *record) (bool, bool) { return true, !r.page.browsing.Reached })
	pages("no_sample", "the page has actions with icons, but no mouse sample", "len(actions) > 0 AND len(mouse) = 0",
		func(r *record) (bool, bool) { return len(r.kind) > 0, r.mouse.Len() == 0 })
	pages("size_zero", "the image did not load: one of its sizes is 0",
		"image_width = 0 OR image_height = 0 OR original_width = 0 OR original_height = 0",
		func(r *record) (bool, bool) {
			p := r.page
			return true, p.width == 0 || p.height == 0 || p.origWidth == 0 || p.origH == 0
		})
	pages("no_worker", "worker_id is missing", "worker_id IS NULL", func(r *record) (bool, bool) { return true, r.page.worker < 0 })
	pages("no_hit", "hit_id is missing", "hit_id IS NULL", func(r *record) (bool, bool) { return true, r.page.hit < 0 })
	pages("no_time", "time_spent is missing", "time_spent IS NULL", func(r *record) (bool, bool) { return true, r.page.spent == columnar.Null })
	outside := a.checks.Add(pass.Check{
		Name: "samples_outside", Title: "mouse samples outside of the image", Of: "samples with a place",
		Where: "SELECT seq, image_id, x, y FROM coco_samples WHERE NOT (x BETWEEN 0 AND 1 AND y BETWEEN 0 AND 1)",
	})
	nowhere := a.checks.Add(pass.Check{
		Name: "samples_without_place", Title: "mouse samples without a place, taken before the image had loaded", Of: "samples",
		Where: "SELECT seq, image_id, t FROM coco_samples WHERE x IS NULL OR y IS NULL",
	})
	var timeless pass.Check // not reported
	a.checks.Each(func(r *record) { pass.SeePoints(r.mouse, outside, nowhere, &timeless) })
}

func (r *record) hasPlace(i int) bool { return r.toX[i] == r.toX[i] && r.toY[i] == r.toY[i] }

func (a *quality) row(r *record) {
	a.checks.See(r)
	p := r.page
	for i := range p.icons {
		k := &p.icons[i]
		a.startsOdd.See(k.firstKind != coco.Add)
		if k.Placed && k.Added() {
			a.moved.See(k.EndX != k.X || k.EndY != k.Y)
		}
	}
	if p.hit >= 0 && p.index != columnar.Null {
		a.pageOf[hitPage{p.hit, p.index}]++
	}
}

func (a *quality) truth(*coco.Image) {}

func (a *quality) page(p *page) {
	a.withoutTruth.See(p.truth == nil)
	if p.truth == nil {
		return
	}
	if m := p.truth; p.origWidth > 0 && p.origH > 0 && m.Sized() {
		a.size.See(p.origWidth != m.Width || p.origH != m.Height)
	}
	for i := range p.icons {
		if p.icons[i].onMask {
			a.lost.See(!p.icons[i].Placed)
		}
	}
}

func (a *quality) Result(_ *engine, r *result.Statistic) {
	for _, n := range a.pageOf {
		a.repeatedID.SeeAll(n*stat.One(n > 1), n)
	}
	a.checks.Report(r)
}
