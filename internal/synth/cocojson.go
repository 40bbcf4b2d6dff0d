package synth

// appendCOCO writes a record as the release does.
func appendCOCO(b []byte, r *cocoRecord) []byte {
	j := jsonText{b: b, spaced: true}
	j.elem()
	j.number("image_id", r.scene.id)
	j.number("originalImageHeight", int64(r.scene.h))
	j.number("originalImageWidth", int64(r.scene.w))
	j.number("imageHeight", int64(r.h))
	j.number("imageWidth", int64(r.w))
	j.number("timeSpent", r.spent)
	j.list("actionHistories")
	for i := range r.actions {
		a := &r.actions[i]
		j.elem()
		j.text("actionType", a.kind)
		j.text("iconType", categories[a.category].name)
		if a.kind == "add" {
			j.null("pointFrom")
		} else {
			r.point(&j, "pointFrom", a.from)
		}
		if a.kind == "remove" {
			j.null("pointTo")
		} else {
			r.point(&j, "pointTo", a.to)
		}
		j.number("timeAt", a.t)
		j.end('}')
	}
	j.end(']')
	j.list("categoryHistories")
	for _, p := range r.steps {
		j.elem()
		j.number("categoryIndex", int64(p.shelf))
		j.text("categoryName", shelves[p.shelf])
		j.number("timeAt", p.t)
		j.flag("usingKeyboard", p.keyboard)
		j.end('}')
	}
	j.end(']')
	r.samples(&j)
	j.text("worker_id", r.worker.ID)
	j.text("hit_id", r.hit)
	j.number("page_id", int64(r.page))
	j.end('}')
	return j.b
}

// appendCOCOWire writes a record as the front end does.
func appendCOCOWire(b []byte, r *cocoRecord) []byte {
	j := jsonText{b: b}
	j.elem()
	j.list("actionHistories")
	for i := range r.actions {
		a := &r.actions[i]
		j.elem()
		j.text("actionType", a.kind)
		if a.kind != "add" {
			r.point(&j, "pointFrom", a.from)
		}
		if a.kind != "remove" {
			r.point(&j, "pointTo", a.to)
		}
		j.text("iconType", categories[a.category].name)
		j.number("timeAt", a.t)
		j.end('}')
	}
	j.end(']')
	j.list("categoryHistories")
	for _, p := range r.steps {
		j.elem()
		j.number("categoryIndex", int64(p.shelf))
		j.text("categoryName", shelves[p.shelf])
		j.flag("usingKeyboard", p.keyboard)
		j.number("timeAt", p.t)
		j.end('}')
	}
	j.end(']')
	j.number("imageHeight", int64(r.h))
	j.number("imageWidth", int64(r.w))
	j.number("originalImageWidth", int64(r.scene.w))
	j.number("originalImageHeight", int64(r.scene.h))
	j.name("imageURL")
	j.b = append(j.b, `"http://127.0.0.1:18080/img/train2014/`...)
	j.b = append(appendImageName(j.b, r.scene.id), '"')
	r.samples(&j)
	j.number("timeSpend", r.spent)
	j.end('}')
	return j.b
}

func (r *cocoRecord) point(j *jsonText, name string, p [2]int32) {
	j.object(name)
	j.place(p[0], p[1], r.w, r.h)
	j.end('}')
}

func (r *cocoRecord) samples(j *jsonText) {
	j.list("mouseTracking")
	for _, p := range r.mouse {
		j.elem()
		j.place(p.x, p.y, r.w, r.h)
		j.number("timeAt", p.t)
		j.end('}')
	}
	j.end(']')
}

// appendSceneTruth writes a line of truth/images.jsonl.
func appendSceneTruth(b []byte, r *cocoRecord) []byte {
	s := r.scene
	j := jsonText{b: b}
	j.elem()
	j.number("image_id", s.id)
	j.number("width", int64(s.w))
	j.number("height", int64(s.h))
	j.text("worker_id", r.worker.ID)
	j.list("classes")
	for _, k := range s.classes {
		j.comma()
		j.b = append(append(append(j.b, '"'), categories[k].name...), '"')
	}
	j.end(']')
	j.list("objects")
	for i := range s.instances {
		o := &s.instances[i]
		j.elem()
		j.text("class", categories[o.category].name)
		j.text("shape", o.outline())
		j.float("cx", o.cx/float64(s.w))
		j.float("cy", o.cy/float64(s.h))
		j.hundredths("bbox", o.bbox[:])
		j.flag("crowd", o.crowd)
		j.end('}')
	}
	return append(j.b, "]}\n"...)
}
