package synth

// appendCOCO writes a record as the release does.
func appendCOCO(b []byte, r *cocoRecord) []byte {
	s := r.scene
	b = appendInt(append(b, `{"image_id": `...), s.id)
	b = appendInt(append(b, `, "originalImageHeight": `...), s.h)
	b = appendInt(append(b, `, "originalImageWidth": `...), s.w)
	b = appendInt(append(b, `, "imageHeight": `...), r.h)
	b = appendInt(append(b, `, "imageWidth": `...), r.w)
	b = appendInt(append(b, `, "timeSpent": `...), r.spent)
	b = append(b, `, "actionHistories": [`...)
	for i := range r.actions {
		a := &r.actions[i]
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(append(b, `{"actionType": "`...), a.kind...)
		b = append(append(b, `", "iconType": "`...), categories[a.category].name...)
		b = append(b, `", "pointFrom": `...)
		if a.kind == "add" {
			b = append(b, "null"...)
		} else {
			b = r.point(b, a.from)
		}
		b = append(b, `, "pointTo": `...)
		if a.kind == "remove" {
			b = append(b, "null"...)
		} else {
			b = r.point(b, a.to)
		}
		b = append(appendInt(append(b, `, "timeAt": `...), a.t), '}')
	}
	b = append(b, `], "categoryHistories": [`...)
	for i, p := range r.steps {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = appendInt(append(b, `{"categoryIndex": `...), p.shelf)
		b = append(append(b, `, "categoryName": "`...), shelves[p.shelf]...)
		b = appendInt(append(b, `", "timeAt": `...), p.t)
		b = append(appendBool(append(b, `, "usingKeyboard": `...), p.keyboard), '}')
	}
	b = append(b, `], "mouseTracking": [`...)
	for i, p := range r.mouse {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = r.coordinate(append(b, `{"x": `...), p.x, r.w)
		b = r.coordinate(append(b, `, "y": `...), p.y, r.h)
		b = append(appendInt(append(b, `, "timeAt": `...), p.t), '}')
	}
	b = append(append(b, `], "worker_id": "`...), r.worker.ID...)
	b = append(append(b, `", "hit_id": "`...), r.hit...)
	return append(appendInt(append(b, `", "page_id": `...), r.page), '}')
}

func (r *cocoRecord) point(b []byte, p [2]int32) []byte {
	b = appendRatio(append(b, `{"x": `...), p[0], r.w)
	return append(appendRatio(append(b, `, "y": `...), p[1], r.h), '}')
}

func (r *cocoRecord) coordinate(b []byte, pixel int32, size int) []byte {
	if pixel == noPixel {
		return append(b, "null"...)
	}
	return appendRatio(b, pixel, size)
}
