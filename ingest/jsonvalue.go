package ingest

// kind is the type of a JSON value.
type kind uint8

const (
	jsonNull kind = iota
	jsonNum
	jsonString
	jsonBool
	jsonArray
	jsonObject
	xmlText // of an element, and not a number
)

// String returns the name of the type with its article.
func (k kind) String() string {
	return [...]string{"null", "a number", "a string", "a boolean", "a list", "an object", "a text"}[k]
}

// scalar is a value as it stands in the input, before a column gives it a meaning: a JSON value, of
// arrays and objects the kind alone, or the text of an XML element.
type scalar struct {
	num  float64
	text []byte // of a string: its content; else as it stands in the input
	kind kind
	yes  bool
}

// textValue reads the text of an XML element.
func textValue(t []byte) scalar {
	t = trim(t)
	if string(t) == "None" {
		return scalar{}
	}
	v, n := number(t, xmlNumber)
	if n == 0 || n != len(t) {
		return scalar{kind: xmlText, text: t}
	}
	return scalar{kind: jsonNum, num: v, text: t}
}
