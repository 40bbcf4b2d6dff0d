package schema

import (
	"reflect"

	"github.com/apache/arrow/go/v15/arrow"
)

// Arrow returns the table's schema in Arrow, with the names and nesting of the Parquet file. A column that
// can be null is nullable. Each field has its unit, range, null rule, source and meaning as metadata; meta
// becomes the metadata of the schema.
func (t Table) Arrow(meta [][2]string) *arrow.Schema {
	var keys, values []string
	for _, kv := range meta {
		keys, values = append(keys, kv[0]), append(values, kv[1])
	}
	md := arrow.NewMetadata(keys, values)
	return arrow.NewSchema(arrowFields(t.Type, t.Columns), &md)
}

func arrowFields(t reflect.Type, cols []Column) []arrow.Field {
	fields := make([]arrow.Field, len(cols))
	for i, c := range cols {
		typ, nullable := arrowType(t.Field(i).Type, c)
		var keys, values []string
		for _, kv := range [][2]string{{"unit", c.Unit}, {"range", c.Range}, {"null", c.Null}, {"from", c.From}, {"doc", c.Doc}} {
			if kv[1] != "" {
				keys, values = append(keys, kv[0]), append(values, kv[1])
			}
		}
		fields[i] = arrow.Field{Name: c.name(), Type: typ, Nullable: nullable, Metadata: arrow.NewMetadata(keys, values)}
	}
	return fields
}

func arrowType(t reflect.Type, c Column) (typ arrow.DataType, nullable bool) {
	switch t.Kind() {
	case reflect.Pointer:
		typ, _ = arrowType(t.Elem(), c)
		return typ, true
	case reflect.Slice:
		if e := t.Elem(); e.Kind() == reflect.Struct {
			return arrow.ListOfNonNullable(arrow.StructOf(arrowFields(e, c.Fields)...)), false
		}
		e, _ := arrowType(t.Elem(), c)
		return arrow.ListOfNonNullable(e), false
	case reflect.Bool:
		return arrow.FixedWidthTypes.Boolean, false
	case reflect.Int32:
		return arrow.PrimitiveTypes.Int32, false
	case reflect.Int64:
		return arrow.PrimitiveTypes.Int64, false
	case reflect.Float64:
		return arrow.PrimitiveTypes.Float64, false
	default:
		return arrow.BinaryTypes.String, false
	}
}
