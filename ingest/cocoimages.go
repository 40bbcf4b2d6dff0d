package ingest

import "encoding/binary"

// mergeObjects makes the image's row of its line and its objects.
func (d *dataset) mergeObjects(key []byte, payloads [][]byte) cocoImageRow {
	row := cocoImageRow{ImageID: int64(binary.BigEndian.Uint64(key) ^ 1<<63)}
	for _, raw := range payloads {
		p := gtPayload(raw)
		if p.byte() == gtImage {
			row.Width, row.Height = p.opt(), p.opt()
			row.FileName = string(p)
			continue
		}
		row.Instances = append(row.Instances, p.instance(d.categories))
	}
	return row
}
