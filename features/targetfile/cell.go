package targetfile

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// A cell is a value of a row: a text from CSV, or a typed value from Parquet.
type cell struct {
	csv   string
	value parquet.Value
	typed bool // the value is from Parquet
}

func textCell(s string) cell { return cell{csv: s} }

func typedCell(v parquet.Value) cell { return cell{value: v, typed: true} }

// String returns the value as text, empty for null.
func (c cell) String() string {
	if c.typed {
		return plain(c.value)
	}
	return c.csv
}

// text sets to to the value, or to the empty text for null.
func (c cell) text(to *string) error {
	*to = c.String()
	return nil
}

// whole sets to to the integer part of the value. A null leaves to unchanged.
func (c cell) whole(to *int) error {
	v := float64(*to)
	err := c.number(&v)
	*to = int(v)
	return err
}

// number sets to to the value. A null leaves to unchanged.
func (c cell) number(to *float64) error {
	if c.typed {
		switch v := c.value; {
		case v.IsNull():
			return nil
		case v.Kind() == parquet.Double:
			if f := v.Double(); f == f {
				*to = f
			}
			return nil
		case v.Kind() == parquet.Int32:
			*to = float64(v.Int32())
			return nil
		case v.Kind() == parquet.Int64:
			*to = float64(v.Int64())
			return nil
		}
	}
	text := c.String()
	if text == "" {
		return nil
	}
	v, err := parseNumber(text)
	*to = v
	return err
}

// truth sets to to the value, which must be 1, 0, true or false. A null leaves to unchanged.
func (c cell) truth(to *bool) error {
	switch text := strings.ToLower(c.String()); text {
	case "":
	case "1", "1.0", "true":
		*to = true
	case "0", "0.0", "false":
		*to = false
	default:
		return fmt.Errorf("%q is neither 1 nor 0", text)
	}
	return nil
}

// parseNumber parses a number. The error for a decimal comma says so.
func parseNumber(text string) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err == nil {
		return v, nil
	}
	if _, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64); err == nil {
		return 0, fmt.Errorf("%q has a decimal comma: write numbers with a point, as abtool targets does", text)
	}
	return 0, fmt.Errorf("%q is not a number", text)
}

// plain returns a value as text, empty for null.
func plain(v parquet.Value) string {
	switch {
	case v.IsNull():
		return ""
	case v.Kind() == parquet.Double:
		if f := v.Double(); !math.IsNaN(f) {
			return strconv.FormatFloat(f, 'g', -1, 64)
		}
		return ""
	case v.Kind() == parquet.ByteArray:
		return string(v.ByteArray())
	}
	return v.String()
}
