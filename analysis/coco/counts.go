package coco

import (
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct/coco"
)

// counts counts pages, actions, steps, samples and the ground truth (C1, C2).
type counts struct {
	records, withTruth, icons, actions, steps, samples, unknownType, unknownIcon, annotated int64
	images, instances, crowds                                                               int64
}

func newCounts(_ *engine, r *pass.Counts) *counts {
	a := &counts{}
	r.Numbers("records with_truth icons actions steps samples unknown_type unknown_icon annotated images instances crowds",
		&a.records, &a.withTruth, &a.icons, &a.actions, &a.steps, &a.samples,
		&a.unknownType, &a.unknownIcon, &a.annotated, &a.images, &a.instances, &a.crowds)
	return a
}

func (a *counts) row(r *record) {
	p := r.page
	a.records++
	a.actions += p.actions
	a.steps += p.browsing.Steps
	a.samples += p.samples
	a.unknownType += p.unknownType
	a.unknownIcon += p.unknownIcon
	if p.actions+p.browsing.Steps+p.samples > 0 {
		a.annotated++
	}
	for i := range p.icons {
		if p.icons[i].Added() {
			a.icons++
		}
	}
}

func (a *counts) page(p *page) {
	if p.truth != nil {
		a.withTruth++
	}
}

func (a *counts) truth(m *coco.Image) {
	a.images++
	a.instances += int64(len(m.Instances))
	for i := range m.Instances {
		if m.Instances[i].Crowd {
			a.crowds++
		}
	}
}

func (a *counts) Result(e *engine, r *result.Statistic) {
	r.Add(
		result.Count("records", "pages (one image, annotated by one annotator)", "pages", a.records),
		result.Proportion("byproduct_records", "pages with an action, a step or a mouse sample", "pages",
			a.annotated, a.records),
		result.Count("images_gt", "images of the ground truth", "images", a.images),
		result.Proportion("records_with_gt", "pages whose image is in the ground truth", "pages",
			a.withTruth, a.records),
		result.Count("icons", "icons with a point: one for each page and class with an add that has a place", "icons", a.icons),
		result.Count("instances", "objects of the ground truth", "instances", a.instances),
		result.Proportion("crowds", "objects that are groups under one mask", "instances", a.crowds, a.instances),
		result.Count("actions", "actions with icons", "actions", a.actions),
		result.Count("steps", "steps through the superclasses", "steps", a.steps),
		result.Count("samples", "mouse samples", "samples", a.samples),
		result.Count("unknown_type", "actions that are neither add, move nor remove, on any icon; they are ignored",
			"actions", a.unknownType),
		result.Count("unknown_icon", "actions of known type on an icon whose name is not a class of the "+
			"ground truth; they are ignored",
			"actions", a.unknownIcon),
	)
	if a.images == 0 {
		r.Warn("The store has no ground truth, so precision and recall cannot be computed. Ingest with " +
			"--instances instances_train2014.json.")
	}
}
