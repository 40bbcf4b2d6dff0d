package query

import "strings"

// Type is the type of a column of a result.
type Type struct {
	Name   string  // DuckDB's name: BIGINT, DOUBLE, VARCHAR, DECIMAL(9,2), LIST, ARRAY, STRUCT, MAP, …
	Elem   *Type   // element of a LIST or ARRAY, value of a MAP
	Key    *Type   // key of a MAP
	Fields []Field // fields of a STRUCT, in order
}

// Field is a field of a STRUCT.
type Field struct {
	Name string
	Type Type
}

// String returns the type as DuckDB writes it, for example STRUCT(t BIGINT, x DOUBLE)[].
func (t Type) String() string {
	switch t.Name {
	case "LIST", "ARRAY":
		return t.Elem.String() + "[]"
	case "MAP":
		return "MAP(" + t.Key.String() + ", " + t.Elem.String() + ")"
	case "STRUCT":
		parts := make([]string, len(t.Fields))
		for i, f := range t.Fields {
			parts[i] = f.Name + " " + f.Type.String()
		}
		return "STRUCT(" + strings.Join(parts, ", ") + ")"
	}
	return t.Name
}

// parseType parses the name of a type, as the driver writes it (STRUCT("t" BIGINT)[]) or DESCRIBE (STRUCT(t
// BIGINT)[]). A prepared statement has the parts of the type, but only after its parameters have values.
func parseType(s string) Type {
	p := typeParser{s}
	return p.parse()
}

type typeParser struct{ rest string }

func (p *typeParser) parse() (t Type) {
	switch {
	case p.take("STRUCT("):
		t = Type{Name: "STRUCT", Fields: p.members()}
	case p.take("UNION("):
		p.members()
		t = Type{Name: "UNION"}
	case p.take("MAP("):
		key := p.parse()
		p.take(", ")
		value := p.parse()
		p.take(")")
		t = Type{Name: "MAP", Key: &key, Elem: &value}
	default:
		t.Name = p.name()
	}
	for strings.HasPrefix(p.rest, "[") {
		elem, name := t, "LIST"
		if !p.take("[]") {
			name = "ARRAY"
			_, p.rest, _ = strings.Cut(p.rest, "]")
		}
		t = Type{Name: name, Elem: &elem}
	}
	return t
}

// name parses the name of a type without parts, for example DECIMAL(9,2) or ENUM('a', 'b').
func (p *typeParser) name() string {
	depth, n := 0, 0
	for n < len(p.rest) {
		c := p.rest[n]
		if depth == 0 && strings.IndexByte(",)[", c) >= 0 {
			break
		}
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		case '\'', '"':
			n += quoted(p.rest[n:], c, false) - 1
		}
		n++
	}
	name := p.rest[:n]
	p.rest = p.rest[n:]
	return name
}

// members parses "name" TYPE, … up to the closing parenthesis. DESCRIBE quotes only names that are not in
// lower case, and a struct made by row() has no names.
func (p *typeParser) members() (fields []Field) {
	for !p.take(")") && p.rest != "" {
		name := ""
		switch c := p.rest[0]; {
		case c == '"':
			n := quoted(p.rest, '"', false)
			if n >= 2 {
				name = strings.ReplaceAll(p.rest[1:n-1], `""`, `"`)
			}
			p.rest = strings.TrimPrefix(p.rest[n:], " ")
		case c == '_' || 'a' <= c && c <= 'z':
			name, p.rest, _ = strings.Cut(p.rest, " ")
		}
		fields = append(fields, Field{name, p.parse()})
		p.take(", ")
	}
	return fields
}

func (p *typeParser) take(prefix string) bool {
	rest, ok := strings.CutPrefix(p.rest, prefix)
	p.rest = rest
	return ok
}
