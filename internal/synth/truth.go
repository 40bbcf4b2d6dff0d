package synth

import (
	"encoding/json"
	"fmt"
)

// truthFiles hold the truth of the simulation, which no annotation file contains.
type truthFiles struct {
	images, damage *sink
	line           []byte
}

func openTruth(outs *outputs, pool []worker) (*truthFiles, error) {
	ws, err := outs.open("truth/workers.jsonl", false)
	if err != nil {
		return nil, err
	}
	for i := range pool {
		if pool[i].HITs == 0 {
			continue
		}
		line, err := json.Marshal(&pool[i])
		if err != nil {
			return nil, fmt.Errorf("describing a worker: %w", err)
		}
		if err := ws.write(append(line, '\n')); err != nil {
			return nil, err
		}
		ws.records++
	}
	t := &truthFiles{}
	if t.images, err = outs.open("truth/images.jsonl", false); err != nil {
		return nil, err
	}
	t.damage, err = outs.open("truth/damage.jsonl", false)
	return t, err
}

// commit writes a chunk's truth; before is the number of records in earlier chunks.
func (t *truthFiles) commit(c *chunk, before int64) error {
	if err := t.images.add(&c.truth); err != nil {
		return err
	}
	for i := range c.damage {
		t.line = c.damage[i].appendLine(t.line[:0], before)
		if err := t.damage.write(t.line); err != nil {
			return err
		}
		t.damage.records++
	}
	return nil
}

// appendImageTruth writes a line of truth/images.jsonl: the image's objects in pixels and
// relative, whether the release lists the boxes, and where each annotator aimed.
func appendImageTruth(b []byte, c *content, shown []showing) []byte {
	j := jsonText{b: b}
	j.elem()
	j.text("image_id", string(c.id))
	j.text("class", c.wnid)
	j.number("width", int64(c.w))
	j.number("height", int64(c.h))
	j.text("shape", lookOf(c.class).shape.String())
	j.flag("boxes_released", c.listed)
	j.flag("unclear", c.unclear)
	j.list("objects")
	for _, o := range c.boxes {
		j.elem()
		j.number("xmin", int64(o.x0))
		j.number("ymin", int64(o.y0))
		j.number("xmax", int64(o.x1))
		j.number("ymax", int64(o.y1))
		x, y := o.centre()
		j.float("cx", x/float64(c.w))
		j.float("cy", y/float64(c.h))
		j.end('}')
	}
	j.end(']')
	j.list("showings")
	for i := range shown {
		s := &shown[i]
		j.elem()
		j.text("worker_id", s.page.hit.worker.ID)
		j.text("assignment_id", s.page.hit.assignment)
		j.number("round", int64(s.page.round+1))
		j.flag("selected", s.selected)
		if s.aimed {
			j.object("aim")
			j.float("x", s.aim[0])
			j.float("y", s.aim[1])
			j.end('}')
		} else {
			j.null("aim")
		}
		j.end('}')
	}
	return append(j.b, "]}\n"...)
}
