package derive

import (
	"fmt"
	"testing"

	"abtool/collect/recording"
)

// longPage is a page of 48 images with two minutes of samples at 125 Hz.
func longPage() (*recording.Page, Page) {
	p, of := &recording.Page{T0: t0}, Page{ID: "p", Ended: began + 120_000}
	for slot := range int32(48) {
		p.Layouts = append(p.Layouts, layout(slot))
		p.Images = append(p.Images, loaded(slot, 1000))
		of.Slots = append(of.Slots, Slot{ImageID: fmt.Sprint("image", slot)})
	}
	for i := range int64(15_000) {
		slot, within := int32(i/312), i%312
		if within == 0 {
			p.Crosses = append(p.Crosses, cross(8*i, "enter", fmt.Sprint("slot:", slot)))
		}
		p.Samples = append(p.Samples, recording.Sample{T: 8000 * i, X: 1100 + int32(within), Y: 2100 + 3000*slot, Frame: int32(i % 2)})
		if within == 311 {
			p.Choices = append(p.Choices, choose(8*i, "select", slot, 120, 220+300*slot))
			p.Crosses = append(p.Crosses, cross(8*i, "leave", fmt.Sprint("slot:", slot)))
		}
	}
	return p, of
}

func BenchmarkBrowse(b *testing.B) {
	p, of := longPage()
	for b.Loop() {
		page, err := Browse([]*recording.Page{p}, of)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := Dump(Ids{}, page); err != nil {
			b.Fatal(err)
		}
	}
}
