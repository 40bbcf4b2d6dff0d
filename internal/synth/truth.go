package synth

import (
	"encoding/json"
	"fmt"
)

// truthFiles hold what nobody but the simulator knows.
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
	b = append(b, `{"image_id":"`...)
	b = append(b, c.id...)
	b = append(append(b, `","class":"`...), c.wnid...)
	b = append(b, `","width":`...)
	b = appendInt(b, c.w)
	b = append(b, `,"height":`...)
	b = appendInt(b, c.h)
	b = append(append(append(b, `,"shape":"`...), lookOf(c.class).shape.String()...), '"')
	b = appendBool(append(b, `,"boxes_released":`...), c.listed)
	b = appendBool(append(b, `,"unclear":`...), c.unclear)
	b = append(b, `,"objects":[`...)
	for i, o := range c.boxes {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendInt(append(b, `{"xmin":`...), o.x0)
		b = appendInt(append(b, `,"ymin":`...), o.y0)
		b = appendInt(append(b, `,"xmax":`...), o.x1)
		b = appendInt(append(b, `,"ymax":`...), o.y1)
		x, y := o.centre()
		b = appendFloat(append(b, `,"cx":`...), x/float64(c.w))
		b = appendFloat(append(b, `,"cy":`...), y/float64(c.h))
		b = append(b, '}')
	}
	b = append(b, `],"showings":[`...)
	for i := range shown {
		s := &shown[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, `{"worker_id":"`...), s.page.hit.worker.ID...)
		b = append(append(b, `","assignment_id":"`...), s.page.hit.assignment...)
		b = appendInt(append(b, `","round":`...), s.page.round+1)
		b = appendBool(append(b, `,"selected":`...), s.selected)
		b = append(b, `,"aim":`...)
		if s.aimed {
			b = appendFloat(append(b, `{"x":`...), s.aim[0])
			b = append(appendFloat(append(b, `,"y":`...), s.aim[1]), '}')
		} else {
			b = append(b, "null"...)
		}
		b = append(b, '}')
	}
	return append(b, "]}\n"...)
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, "true"...)
	}
	return append(b, "false"...)
}
