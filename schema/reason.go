package schema

// A Reason says why a record was left out or a field set to null. Its text is stored in the rejects table.
type Reason string

// Reasons for which a record is left out.
const (
	Empty     Reason = "empty"       // nothing but white space (R2)
	NotUTF8   Reason = "not_utf8"    // bytes that are not UTF-8, or another encoding declared (R2, R11)
	Malformed Reason = "malformed"   // not well-formed XML, not JSON (R2, R11)
	Doctype   Reason = "doctype"     // a document type declaration: entities are never expanded (R2)
	TooDeep   Reason = "too_deep"    // nested deeper than Limits.Depth (R2)
	WrongRoot Reason = "wrong_root"  // the root element is not annotation (R2)
	Duplicate Reason = "duplicate"   // the image, or the image and assignment, was seen before (R4)
	NoImageID Reason = "no_image_id" // the record does not say which image it is of (R3, R12)
	NoID      Reason = "no_id"       // an object or category without its ids, a category without its name

	UnlistedImage Reason = "unlisted_image" // an object of an image that the ground truth does not list

	NotObject Reason = "not_object" // JSON, but not an object (R11, R12)
	TooLarge  Reason = "too_large"  // member or record over Limits
	TooLong   Reason = "list_too_long"
	Cut       Reason = "truncated" // the input ends within the record
	Unread    Reason = "unreadable"
	Trailing  Reason = "trailing_data" // bytes after the end of an archive or of gzip data
)

// Reasons for which a field is set to null.
const (
	NotANumber Reason = "not_a_number"
	OutOfRange Reason = "out_of_range" // |coordinate| > 100 (R6), or too large for its type
	Negative   Reason = "negative"     // R7
	NotInteger Reason = "not_an_integer"
	NotBoolean Reason = "not_boolean" // R8
	WrongType  Reason = "wrong_type"  // not a list, not a string (R9)
	BadBox     Reason = "bad_box"     // no area, or not four numbers (R10)
	BadMask    Reason = "bad_mask"    // rings or run lengths that do not form a mask of the image
	BadSize    Reason = "bad_size"    // a side of 0 pixels

	UnlistedCategory Reason = "unlisted_category" // a class that the ground truth does not list
	MissingSection   Reason = "missing_section"   // of an instances file
)

// Reasons describes every reason, in the order of the documentation.
var Reasons = []struct {
	Reason Reason
	Kind   string // record: the record is left out; field: the field is set to null
	Text   string
}{
	{Empty, "record", "nothing but white space"},
	{NotUTF8, "record", "bytes that are not UTF-8, or another encoding declared"},
	{Malformed, "record", "not well-formed XML, or not JSON"},
	{Doctype, "record", "a document type declaration; entities are never expanded"},
	{TooDeep, "record", "elements or values nested deeper than the limit (256)"},
	{WrongRoot, "record", "the root element is not `annotation`"},
	{Duplicate, "record", "the same image (JSON: the same showing of it) was read before; the first is kept"},
	{NoImageID, "record", "the record does not say which image it is of"},
	{NoID, "record", "an object or category of the ground truth without a usable id, or a category without a name"},
	{UnlistedImage, "record", "an object of the ground truth whose image is not in `images`: such an object adds no image"},
	{NotObject, "record", "JSON, but not an object"},
	{TooLarge, "record", "larger than the limit for a member or record"},
	{TooLong, "record", "a list longer than the limit (250,000), or too many elements, values or unusable fields in one record"},
	{Cut, "record", "the input ends within the record"},
	{Unread, "record", "the file could not be read"},
	{Trailing, "record", "bytes that follow the end of an archive or of gzip data and belong to neither"},
	{NotANumber, "field", "not a number"},
	{OutOfRange, "field", "a coordinate beyond 100, a date after the year 2200, or a number too large for its column"},
	{Negative, "field", "a time, count, page or size below zero"},
	{NotInteger, "field", "a fraction where a whole number is meant"},
	{NotBoolean, "field", "neither true nor false"},
	{WrongType, "field", "a value of another type than the field's"},
	{BadBox, "field", "a ground-truth box without area or without its four numbers: the box is dropped"},
	{BadMask, "field", "a ground-truth mask with a ring of fewer than three points, or run lengths that do not cover their size or are not of the image's size: the ring or the run lengths are dropped"},
	{BadSize, "field", "a ground-truth image whose width or height is 0"},
	{UnlistedCategory, "field", "an object of the ground truth whose category is not in `categories`: its class has no name"},
	{MissingSection, "field", "an instances file without `images`, `annotations` or `categories`, or with nothing in it: reported once for each file"},
}
