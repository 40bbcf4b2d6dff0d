package truth

import "abtool/schema"

// Rows of images in the form that parquet-go writes. It writes the zero value of an `optional` field that is
// not a pointer as null.

// ImageNetImage is an image of ImageNet-AB.
type ImageNetImage struct {
	ImageID string       `parquet:"image_id,delta"`
	Class   string       `parquet:"class,optional,dict"`
	Width   *int32       `parquet:"width,optional,dict"`
	Height  *int32       `parquet:"height,optional,dict"`
	Shown   *int32       `parquet:"shown,optional,dict"`
	Boxes   []schema.Box `parquet:"boxes,list"`
}

// instance is an object of an image.
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

// COCOImage is an image of COCO-AB.
type COCOImage struct {
	ImageID   int64      `parquet:"image_id,delta"`
	Width     *int32     `parquet:"width,optional,dict"`
	Height    *int32     `parquet:"height,optional,dict"`
	FileName  string     `parquet:"file_name,optional,delta"`
	Instances []instance `parquet:"instances,list"`
}

// Shape returns which of the optional texts of the row are null, in one bit each. Rows that are written
// together have the same Shape.
func (r ImageNetImage) Shape() uint8 { return nullIf(r.Class) }

// Shape returns which of the optional texts of the row are null, as for ImageNetImage.
func (r COCOImage) Shape() uint8 { return nullIf(r.FileName) }

func nullIf(text string) uint8 {
	if text == "" {
		return 1
	}
	return 0
}
