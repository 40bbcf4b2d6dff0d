package scan

// Kind is the type of a JSON value.
type Kind uint8

const (
	Null Kind = iota
	Numeric
	String
	Bool
	Array
	Object
	Other // the text of an element that is not a number
)

// String returns the name of the type with its article.
func (k Kind) String() string {
	return [...]string{"null", "a number", "a string", "a boolean", "a list", "an object", "a text"}[k]
}

// Value is a value as it appears in the input, before a column interprets it: a JSON value, without the
// content of arrays and objects, or the text of an XML element.
type Value struct {
	Num  float64
	Text []byte // for a string its content, otherwise the text in the input
	Kind Kind
	Yes  bool
}

// TextValue reads the text of an XML element.
func TextValue(t []byte) Value {
	t = Trim(t)
	if string(t) == "None" {
		return Value{}
	}
	v, n := Number(t, XML)
	if n == 0 || n != len(t) {
		return Value{Kind: Other, Text: t}
	}
	return Value{Kind: Numeric, Num: v, Text: t}
}
