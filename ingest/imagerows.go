package ingest

import (
	"abtool/ingest/decode"
	"abtool/schema"
)

// The rows of the small tables, which are written by parquet-go. It takes the zero value of an
// `optional` field that is not a pointer as null, in runs and so without a cost per value. parquet-go
// v0.32 takes some nulls for zeros where nulls and values alternate in such a field: after k nulls,
// exactly k values and then nulls only, the last ones. So scalars of this kind are written in runs of
// rows that have the same of them (shape).

type imagenetImageRow struct {
	ImageID string       `parquet:"image_id,delta"`
	Class   string       `parquet:"class,optional,dict"`
	Width   *int32       `parquet:"width,optional,dict"`
	Height  *int32       `parquet:"height,optional,dict"`
	Shown   *int32       `parquet:"shown,optional,dict"`
	Boxes   []schema.Box `parquet:"boxes,list"`
}

type instance struct {
	ID         int64     `parquet:"id,delta"`
	CategoryID int64     `parquet:"category_id,dict"`
	Category   *string   `parquet:"category,optional,dict"`
	X          *float64  `parquet:"x,optional"`
	Y          *float64  `parquet:"y,optional"`
	W          *float64  `parquet:"w,optional"`
	H          *float64  `parquet:"h,optional"`
	Area       *float64  `parquet:"area,optional"`
	Crowd      bool      `parquet:"crowd"`
	Polygon    []float64 `parquet:"polygon,list" parquet-element:",dict"`
	Rings      []int32   `parquet:"rings,list"`
	RLEHeight  *int32    `parquet:"rle_height,optional,dict"`
	RLEWidth   *int32    `parquet:"rle_width,optional,dict"`
	RLECounts  []int64   `parquet:"rle_counts,list" parquet-element:",delta"`
}

type cocoImageRow struct {
	ImageID   int64      `parquet:"image_id,delta"`
	Width     *int32     `parquet:"width,optional,dict"`
	Height    *int32     `parquet:"height,optional,dict"`
	FileName  string     `parquet:"file_name,optional,delta"`
	Instances []instance `parquet:"instances,list"`
}

// shape is which of the row's plain optional scalars are null, one bit each.
func (r *imagenetImageRow) shape() uint8 { return nulls(r.Class) }

func (r *cocoImageRow) shape() uint8 { return nulls(r.FileName) }

// shapeOfReject is shape of a reject.
func shapeOfReject(r *decode.Reject) uint8 { return nulls(r.Member, r.Field, r.Detail, r.Snippet) }

func nulls(texts ...string) (mask uint8) {
	for i, s := range texts {
		if s == "" {
			mask |= 1 << i
		}
	}
	return mask
}
