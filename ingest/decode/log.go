package decode

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"abtool/ingest/scan"
	"abtool/schema"
)

// A Log has the records of a chunk that were read, and the rejects: records that were left out and fields
// that were set to null, with reasons.
type Log struct {
	Records []Record
	Rejects []Reject // Record counts from the chunk's first one; Source is filled in later
	Asides  int      // values next to the records of containers
	Headers int      // front-end headers: ids and times of a HIT, no annotation
	// Repaired is the number of strings in which bytes that are not UTF-8 were replaced (R12).
	Repaired int
	Count    int    // records met, the rejected included
	Member   string // name of the file of the record being read
	Offset   int64  // place of the record being read, in bytes

	nulls int // fields of the record being read that were set to null
}

func (l *Log) reset() {
	clear(l.Records)
	*l = Log{Records: l.Records[:0], Rejects: l.Rejects[:0], Member: l.Member, Offset: l.Offset}
}

// add adds a record that was read. It returns a fault if too many fields of the record are unusable.
func (l *Log) add(x Record) *Fault {
	if l.nulls > maxNulls {
		return Faultf(schema.TooLong, "%d fields are unusable", l.nulls)
	}
	x.At, x.Member, x.Offset = l.Count, l.Member, l.Offset
	l.Records = append(l.Records, x)
	return nil
}

// RejectRecord adds a reject of the record being read.
func (l *Log) RejectRecord(r schema.Reason, detail string, data []byte) {
	l.Rejects = append(l.Rejects, Reject{
		Kind: "record", Member: l.Member, Offset: l.Offset, Record: int64(l.Count),
		Reason: string(r), Detail: detail, Snippet: scan.Snippet(data),
	})
}

// refuse counts a record and rejects it.
func (l *Log) refuse(f *Fault, data []byte) {
	l.RejectRecord(f.Reason, f.Detail, data)
	l.Count++
}

// CountRepaired counts the strings of a JSON value that was read in which bytes were replaced (R12).
func (l *Log) CountRepaired(raw []byte) {
	if !utf8.Valid(raw) {
		l.Repaired += scan.BadStrings(raw)
	}
}

// maxNulls is the largest number of unusable fields in a record. A record with more is rejected as a whole.
const maxNulls = 10_000

// Drop adds a reject of a field of the record being read, which is set to null.
func (l *Log) Drop(field string, r schema.Reason, detail string, found []byte) {
	if l.nulls++; l.nulls > maxNulls {
		return
	}
	l.Rejects = append(l.Rejects, Reject{
		Kind: "field", Member: l.Member, Offset: l.Offset, Record: int64(l.Count),
		Field: strings.Clone(field), Reason: string(r), Detail: detail, Snippet: scan.Snippet(found),
	})
}

// Reject is a row of the table of rejects.
type Reject struct {
	Kind    string `parquet:"kind,dict"`
	Source  string `parquet:"source,dict"`
	Member  string `parquet:"member,optional,delta"`
	Offset  int64  `parquet:"offset,delta"`
	Record  int64  `parquet:"record,delta"`
	Field   string `parquet:"field,optional,dict"`
	Reason  string `parquet:"reason,dict"`
	Detail  string `parquet:"detail,optional,dict"`
	Snippet string `parquet:"snippet,optional"`
}

// Shape returns which of the optional texts of the row are null, in one bit each.
func (x Reject) Shape() (mask uint8) {
	for i, s := range [...]string{x.Member, x.Field, x.Detail, x.Snippet} {
		if s == "" {
			mask |= 1 << i
		}
	}
	return mask
}

// A Fault is the reason why a record is rejected, with an explanation.
type Fault struct {
	Reason schema.Reason
	Detail string
}

// Faultf returns a fault with a formatted explanation.
func Faultf(r schema.Reason, format string, args ...any) *Fault {
	return &Fault{r, fmt.Sprintf(format, args...)}
}

// A Field names the place of a value in a record: a scalar, or a field of an entry of a list.
type Field struct {
	list string // "" for a scalar
	i    int
	Name string
}

// String returns the field as it is in the rejects, for example mouseTracking[3].x.
func (f Field) String() string {
	if f.list == "" {
		return f.Name
	}
	return entry(f.list, f.i, f.Name)
}

// entry returns the name of a field of an entry in a list, for example mouseTracking[3].x.
func entry(list string, i int, field string) string {
	return list + "[" + strconv.Itoa(i) + "]." + field
}
