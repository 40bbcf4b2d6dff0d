package decode

import "abtool/ingest/scan"

// gathered is a record of a data set that is being read, until its row is made.
type gathered interface {
	reset()
	columns() *[slots]column
	// add appends an entry to the list of a slot.
	add(*Batch, slot, *rawEvent) *Fault
	// samples returns the list of mouse samples.
	samples() *[]point
	// time applies the rule for times to that of the n-th entry of a list.
	time(b *Batch, v scan.Value, list string, n int) int64
	// plainTimes returns the whole times of samples, from first up to end, that stay as they are.
	plainTimes() (first, end int64)
	// end makes the row and record; raw is what was read.
	end(b *Batch, c *wrapper, raw []byte) *Fault
}

// gather returns where a record of a data set is gathered.
func (b *Batch) gather(s Set) gathered {
	if s == COCO {
		return &b.page
	}
	return &b.show
}

func (m *showing) columns() *[slots]column  { return &showingColumns }
func (p *cocoPage) columns() *[slots]column { return &pageColumns }

func (m *showing) samples() *[]point  { return &m.mouse }
func (p *cocoPage) samples() *[]point { return &p.mouse }

func (m *showing) time(b *Batch, v scan.Value, list string, n int) int64 {
	return b.millis(v, true, Field{list, n, "time"})
}

func (p *cocoPage) time(b *Batch, v scan.Value, list string, n int) int64 {
	return b.pageTime(v, Field{list, n, "timeAt"})
}

func (m *showing) plainTimes() (first, end int64)  { return secondsEnd, epochEnd }
func (p *cocoPage) plainTimes() (first, end int64) { return 1, maxTime }
