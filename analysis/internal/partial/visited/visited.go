// Package visited tests that all fields of what is gathered are written to files, and read again.
package visited

import (
	"bytes"
	"reflect"
	"testing"
	"unsafe"

	"abtool/analysis/internal/partial"
)

// Check fills every field of a T, writes and reads it by its columns, and compares.
func Check[T any](t *testing.T, columns func(*T, *partial.Columns)) {
	t.Helper()
	var want, got []T
	want = make([]T, 2)
	n := int64(0)
	fill(reflect.ValueOf(&want).Elem(), &n)
	var b bytes.Buffer
	w, err := partial.NewWriter(&b, "header")
	if err != nil {
		t.Fatal(err)
	}
	v := partial.Write(w)
	partial.Rows(v, "rows", &want, columns)
	if v.Err != nil || w.Close() != nil {
		t.Fatal(v.Err)
	}
	var header string
	r, err := partial.NewReader(&b, &header)
	if err != nil {
		t.Fatal(err)
	}
	v = partial.Read(r)
	for _, k := range []partial.Kind{partial.Workers, partial.HITs, partial.Clusters, partial.Weeks, partial.Arms, partial.Classes,
		partial.Sequences, partial.Images} {
		v.Limit(k, int(n)+1)
	}
	partial.Rows(v, "rows", &got, columns)
	if v.Err != nil || r.Close() != nil {
		t.Fatal(v.Err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%T: %+v was written, and %+v read: its columns lack a field", want[0], want, got)
	}
}

// fill gives all numbers in v other values.
func fill(v reflect.Value, n *int64) {
	if !v.CanSet() {
		v = reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
	}
	*n++
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int8:
		v.SetInt(1)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(*n)
	case reflect.Uint64:
		v.SetUint(uint64(*n) << 40)
	case reflect.Float64:
		v.SetFloat(float64(*n) / 8)
	case reflect.String:
		v.SetString("x")
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		if v.Len() == 0 {
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		}
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	default:
		panic("visited: " + v.Type().String())
	}
}
