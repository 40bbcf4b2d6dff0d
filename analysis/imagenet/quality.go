package imagenet

import (
	"math"
	"slices"

	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct"
	"abtool/store/columnar"
)

// estimateSlack is the time in ms by which estimate_time may exceed the time hovered.
const estimateSlack = 100

// submitSlack is the time in ms by which an event may be later than hit_submit_time, which is in whole seconds.
const submitSlack = 1000

// longestHIT is the longest time in ms between an event and hit_submit_time. A HIT took minutes, and the
// marketplace takes it away after hours.
const longestHIT = 24 * 60 * 60 * 1000

// quality has the checks of ImageNet-AB's data.
type quality struct {
	checks             pass.Checks[*showing]
	repeated, byWorker *pass.Check // checks of images
}

func newQuality(_ *engine, r *pass.Counts) *quality {
	a := &quality{}
	pass.Merges(r, "checks", &a.checks)
	a.ofShowings()
	for _, list := range []string{"clicks", "samples"} {
		query := "SELECT seq, image_id, x, y FROM imagenet_" + list + " WHERE "
		outside := a.checks.Add(pass.Check{
			Name: list + "_outside", Title: list + " outside of the image", Of: list + " with a place",
			Where: query + "NOT (x BETWEEN 0 AND 1 AND y BETWEEN 0 AND 1)",
		})
		nowhere := a.checks.Add(pass.Check{
			Name: list + "_without_place", Title: list + " without a place", Of: list,
			Where: query + "x IS NULL OR y IS NULL",
		})
		timeless := a.checks.Add(pass.Check{
			Name: list + "_without_time", Title: list + " without a time", Of: list, Where: query + "t IS NULL",
		})
		a.checks.Each(func(s *showing) {
			points := s.Clicks
			if list == "samples" {
				points = s.Mouse
			}
			pass.SeePoints(points, outside, nowhere, timeless)
		})
	}
	const of, query = "images with a showing", "SELECT image_id FROM imagenet_annotations GROUP BY image_id HAVING "
	a.repeated = a.checks.Add(pass.Check{Name: "repeated_images", Title: "the image was shown more than once",
		Of: of, Where: query + "count(*) > 1"})
	a.byWorker = a.checks.Add(pass.Check{
		Name: "repeated_by_worker", Title: "the image was shown more than once to one worker", Of: of,
		Where: query + "count(worker_id) > count(DISTINCT worker_id)",
	})
	return a
}

// ofShowings adds the checks of single showings.
func (a *quality) ofShowings() {
	c := func(name, title, where string, test func(*showing) (applies, fails bool)) {
		a.checks.Row(pass.Check{
			Name: name, Title: title, Of: "showings", Where: "SELECT seq, image_id, worker_id FROM " +
				"imagenet_annotations WHERE " + where,
		}, test)
	}
	c("parity", "selected disagrees with the parity of the number of clicks (I16)",
		"selected <> (len(clicks) % 2 = 1)",
		func(s *showing) (bool, bool) {
			agrees, known := s.Parity()
			return known, !agrees
		})
	c("selected_even", "parity, first kind: selected with an even number of clicks (I16)",
		"selected AND len(clicks) % 2 = 0",
		func(s *showing) (bool, bool) {
			agrees, known := s.Parity()
			return known, !agrees && s.IsSelected()
		})
	c("unselected_odd", "parity, second kind: not selected with an odd number of clicks (I16)",
		"NOT selected AND len(clicks) % 2 = 1",
		func(s *showing) (bool, bool) {
			agrees, known := s.Parity()
			return known, !agrees && !s.IsSelected()
		})
	c("selected_count", "selected_count is not the number of clicks", "selected_count <> len(clicks)",
		func(s *showing) (bool, bool) {
			return s.selectedCount != columnar.Null, s.selectedCount != int64(s.Clicks.Len())
		})
	c("hovered_count", "hovered_count is not the number of entries",
		"hovered_count <> len([h FOR h IN hovers IF h.action = 'enter'])",
		func(s *showing) (bool, bool) {
			return s.hovered != columnar.Null, s.hovered != s.Hovers.Entries()
		})
	c("selected_without_click", "the image is selected, but no click has a place",
		"selected AND last_click(clicks) IS NULL",
		func(s *showing) (bool, bool) { return s.IsSelected(), s.last < 0 })
	c("unmatched_hovers", "hovers do not alternate between entering and leaving, beginning with an entry "+
		"and ending with a leave",
		"len(hovers) % 2 = 1 OR len(list_filter(hovers, lambda h, i: h.action IS DISTINCT FROM CASE WHEN i "+
			"% 2 = 1 THEN 'enter' ELSE 'leave' END)) > 0",
		func(s *showing) (bool, bool) { return len(s.Hovers.T) > 0, !s.Hovers.Alternate() })
	c("click_without_sample", "there are clicks but no mouse samples, for example because the page was "+
		"scrolled under the pointer", "len(clicks) > 0 AND len(mouse) = 0",
		func(s *showing) (bool, bool) { return s.Clicks.Len() > 0, s.Mouse.Len() == 0 })
	c("sample_after_click", "the image is selected, but a mouse sample is later than the last click",
		"selected AND list_max([m.t FOR m IN mouse]) > last_click(clicks).t",
		func(s *showing) (bool, bool) {
			if !s.clicked() {
				return false, false
			}
			_, _, t := s.click()
			return true, t != columnar.Null && byproduct.Latest(s.Mouse.T) > t
		})
	c("estimate_above_hover", "estimate_time exceeds the time hovered by more than 100 ms",
		"len(hovers) % 2 = 0 AND len(list_filter(hovers, lambda h, i: h.t IS NULL OR h.action IS DISTINCT "+
			"FROM CASE WHEN i % 2 = 1 THEN 'enter' ELSE 'leave' END)) = 0 AND "+
			"estimate_time > 100 + list_sum([CASE WHEN h.action = 'leave' THEN h.t ELSE -h.t END FOR h IN hovers])",
		func(s *showing) (bool, bool) {
			hover, ok := s.Hovers.Inside()
			return ok && s.estimate != columnar.Null, s.estimate > hover+estimateSlack
		})
	c("estimate_zero", "estimate_time is 0 although there are two mouse samples or more",
		"estimate_time = 0 AND len(mouse) >= 2",
		func(s *showing) (bool, bool) {
			return s.estimate != columnar.Null, s.estimate == 0 && s.Mouse.Len() >= 2
		})
	c("times_backwards", "the times of clicks, samples or hovers are not in ascending order",
		"len(list_filter([[p.t FOR p IN clicks IF p.t IS NOT NULL], [p.t FOR p IN mouse IF p.t IS NOT "+
			"NULL], [p.t FOR p IN hovers IF p.t IS NOT NULL]], lambda l: l <> list_sort(l))) > 0",
		func(s *showing) (bool, bool) {
			return s.T0 != columnar.Null, byproduct.Backwards(s.Clicks.T) || byproduct.Backwards(s.Mouse.T) ||
				byproduct.Backwards(s.Hovers.T)
		})
	c("after_submission", "an event is later than the HIT's submission",
		"t0 + last_event(clicks, mouse, hovers) > hit_submit_time + 1000",
		func(s *showing) (bool, bool) {
			last := max(byproduct.Latest(s.Clicks.T), byproduct.Latest(s.Mouse.T), byproduct.Latest(s.Hovers.T))
			return s.Submit != columnar.Null && last != columnar.Null, s.T0+last > s.Submit+submitSlack
		})
	c("long_before_submission", "an event is more than a day before the HIT's submission, which is impossible", "t0 + first_event(clicks, mouse, hovers) < hit_submit_time - 86400000",
		func(s *showing) (bool, bool) {
			first := min(byproduct.Earliest(s.Clicks.T), byproduct.Earliest(s.Mouse.T),
				byproduct.Earliest(s.Hovers.T))
			return s.Submit != columnar.Null && first != math.MaxInt64, s.T0+first < s.Submit-longestHIT
		})
	c("size_zero", "the image did not load: one of its sizes is 0",
		"image_width = 0 OR image_height = 0 OR original_width = 0 OR original_height = 0",
		func(s *showing) (bool, bool) {
			return true, s.width == 0 || s.height == 0 || s.origWidth == 0 || s.origHeight == 0
		})
	c("no_worker", "worker_id is missing", "worker_id IS NULL", func(s *showing) (bool, bool) { return true, s.worker < 0 })
	c("no_assignment", "assignment_id is missing, so the HIT is unknown", "assignment_id IS NULL", func(s *showing) (bool, bool) { return true, s.assignment < 0 })
	c("no_submit_time", "hit_submit_time is missing", "hit_submit_time IS NULL", func(s *showing) (bool, bool) { return true, s.Submit == columnar.Null })
}

func (a *quality) showing(s *showing) { a.checks.See(s) }

func (a *quality) picture(p *picture) {
	if len(p.showings) == 0 {
		return
	}
	a.repeated.See(len(p.showings) > 1)
	a.byWorker.See(sameWorker(p.showings))
}

// sameWorker reports whether two of the showings have the same worker.
func sameWorker(showings []*showing) bool {
	for i, s := range showings {
		if s.worker >= 0 && slices.ContainsFunc(showings[:i], func(o *showing) bool { return s.worker == o.worker }) {
			return true
		}
	}
	return false
}

func (a *quality) Result(_ *engine, r *result.Statistic) { a.checks.Report(r) }
