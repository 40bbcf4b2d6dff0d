package view

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
)

// A Mark is what is drawn over the image of a showing, in fractions of the image.
type Mark struct {
	Seq    int64        `json:"seq"`
	Path   []float64    `json:"path"`   // x and y of each sample, in turn; thinned
	Clicks []float64    `json:"clicks"` // x and y
	Boxes  [][4]float64 `json:"boxes"`  // left, top, width, height
	Icons  []Icon       `json:"icons,omitempty"`
}

// An Icon is the icon of a class on an image of COCO-AB.
type Icon struct {
	Name string  `json:"name"`
	X    float64 `json:"x"`
	Y    float64 `json:"y"`
}

// mostSamples is the number of samples above which a path is thinned. A thumbnail shows no more.
const mostSamples = 120

// Marks returns the marks of showings, in the order of their seq.
func (v *View) Marks(ctx context.Context, seqs []int64) ([]Mark, error) {
	in := joined(seqs)
	flat := func(points, where string) string {
		return fmt.Sprintf("flatten(list_transform(list_filter(%s, lambda p: %s), lambda p: [p.x, p.y]))", points, where)
	}
	const placed = "p.x IS NOT NULL AND p.y IS NOT NULL"
	thin := fmt.Sprintf("CASE WHEN len(mouse) > %[1]d THEN list_transform(range(0, %[1]d), lambda i: mouse[1 + (i * (len(mouse) - 1)) // %[2]d]) ELSE mouse END",
		mostSamples, mostSamples-1)
	var q string
	if v.Set == "imagenet" {
		q = fmt.Sprintf(`
SELECT a.seq, %s, %s,
  flatten(list_transform(CASE WHEN width > 0 AND height > 0 THEN boxes ELSE [] END, lambda b:
    [b.xmin / width, b.ymin / height, (b.xmax - b.xmin) / width, (b.ymax - b.ymin) / height])), NULL, NULL
FROM (%s) a
  LEFT JOIN (SELECT image_id, width, height, boxes FROM imagenet_images
    WHERE image_id IN (SELECT image_id FROM summary_imagenet WHERE seq IN (%s))) g USING (image_id)
ORDER BY a.seq`, flat(thin, placed), flat("clicks", placed), near("SELECT seq, image_id, mouse, clicks FROM imagenet_annotations", seqs), in)
	} else {
		q = fmt.Sprintf(`
SELECT a.seq, %s, [], o.boxes, i.names, i.points
FROM (%[3]s) a
  LEFT JOIN (SELECT image_id, flatten(list([x / width, y / height, w / width, h / height])) AS boxes FROM coco_instances
    WHERE width > 0 AND height > 0 AND NOT coalesce(crowd, false)
      AND image_id IN (SELECT image_id FROM coco_annotations WHERE seq IN (%[2]s)) GROUP BY image_id) o USING (image_id)
  LEFT JOIN (SELECT seq, list(icon ORDER BY icon) AS names, flatten(list([end_x, end_y] ORDER BY icon)) AS points FROM coco_icons
    WHERE placed AND end_x IS NOT NULL AND seq IN (%[2]s) GROUP BY seq) i USING (seq)
ORDER BY a.seq`, flat(thin, placed), in, near("SELECT seq, image_id, mouse FROM coco_annotations", seqs))
	}
	rows, err := v.db.QueryContext(ctx, q)
	out := []Mark{}
	err = each(rows, err, func(scan func(...any) error) error {
		var m Mark
		var path, clicks, boxes, names, points any
		if err := scan(&m.Seq, &path, &clicks, &boxes, &names, &points); err != nil {
			return err
		}
		m.Path, m.Clicks, m.Boxes = numbers(path), numbers(clicks), [][4]float64{}
		for b := numbers(boxes); len(b) >= 4; b = b[4:] {
			m.Boxes = append(m.Boxes, [4]float64(b))
		}
		at := numbers(points)
		if list, ok := names.([]any); ok {
			for i, name := range list {
				text, _ := name.(string)
				m.Icons = append(m.Icons, Icon{text, at[2*i], at[2*i+1]})
			}
		}
		out = append(out, m)
		return nil
	})
	return out, err
}

func joined(seqs []int64) string {
	list := make([]string, len(seqs))
	for i, n := range seqs {
		list[i] = fmt.Sprint(n)
	}
	return strings.Join(list, ", ")
}

// near returns a query for rows by their seq, in parts for those that are near each other. DuckDB skips row groups by
// the range of a part; of a list it knows only the least and the most.
func near(query string, seqs []int64) string {
	const rowGroup = 16384
	seqs = slices.Clone(seqs)
	slices.Sort(seqs)
	var parts []string
	for i := 0; i < len(seqs); {
		j := i + 1
		for j < len(seqs) && seqs[j]-seqs[j-1] < rowGroup/2 {
			j++
		}
		parts = append(parts, fmt.Sprintf("%s WHERE seq BETWEEN %d AND %d AND seq IN (%s)", query, seqs[i], seqs[j-1], joined(seqs[i:j])))
		i = j
	}
	const most = 8 // parts; reading a list at once is faster than more of them
	if len(parts) > most {
		return fmt.Sprintf("%s WHERE seq IN (%s)", query, joined(seqs))
	}
	return strings.Join(parts, " UNION ALL ")
}

// numbers returns the numbers of a list, rounded to what a thumbnail shows.
func numbers(v any) []float64 {
	list, _ := v.([]any)
	out := make([]float64, 0, len(list))
	for _, n := range list {
		f, _ := n.(float64)
		out = append(out, math.Round(f*1e4)/1e4)
	}
	return out
}
