package query

import (
	"context"
	"database/sql/driver"
	"io"
	"testing"
)

// rendered are values of every type that a result can have, in lists, structs and maps too.
var rendered = []string{
	"true", "false", "NULL::BOOLEAN", "(-128)::TINYINT", "32767::SMALLINT", "42",
	"(-9223372036854775808)::BIGINT", "255::UTINYINT", "65535::USMALLINT",
	"4294967295::UINTEGER", "18446744073709551615::UBIGINT",
	"170141183460469231731687303715884105727::HUGEINT", "'-170141183460469231731687303715884105728'::HUGEINT",
	"340282366920938463463374607431768211455::UHUGEINT", "12345678901234567890123456789012345678901234567890::BIGNUM",
	"-12345678901234567890123456789012345678901234567890::BIGNUM",
	"1.5::FLOAT", "0.1::FLOAT", "1e-10::FLOAT", "3.4e38::FLOAT", "16777216::FLOAT", "123456789::FLOAT",
	"1e-5::DOUBLE", "1e-4::DOUBLE", "0.00001234::DOUBLE", "123456789012345678::DOUBLE",
	"1e15::DOUBLE", "1e16::DOUBLE", "1e17::DOUBLE", "1e300::DOUBLE", "-0.0::DOUBLE", "0::DOUBLE", "1::DOUBLE",
	"1/3", "'nan'::DOUBLE", "'inf'::DOUBLE", "'-inf'::FLOAT", "1e5::DOUBLE", "5e-324::DOUBLE",
	"1.50::DECIMAL(9,2)", "-0.05::DECIMAL(9,2)", "0::DECIMAL(9,2)", "100::DECIMAL(5,0)",
	"12345678901234567890.123456789::DECIMAL(38,9)", "0.0::DECIMAL(4,4)", "0.1234::DECIMAL(4,4)",
	"1.5::DECIMAL(18,3)",
	"'text'", "''", "'it''s'", "'a\"b'", "'two\nlines'", "'NULL'", "'ünïcode →'", "'a\\b'",
	"'abc'::BLOB", "'\\x00\\xFF'::BLOB", "'a''b\"c\\x5C'::BLOB", "''::BLOB",
	"DATE '2022-01-05'", "DATE '0044-03-15 (BC)'", "'infinity'::DATE", "'-infinity'::DATE",
	"DATE '12022-01-05'", "DATE '0900-01-05'",
	"TIME '01:02:03'", "TIME '01:02:03.5'", "TIME '23:59:59.999999'", "TIME '24:00:00'",
	"'01:02:03.04+05:30'::TIMETZ", "'01:02:03-08'::TIMETZ", "'01:02:03'::TIMETZ", "'01:02:03+00:00:10'::TIMETZ",
	"TIMESTAMP '2022-01-05 01:02:03'", "TIMESTAMP '2022-01-05 01:02:03.123456'",
	"TIMESTAMP '2022-01-05 01:02:03.5'", "TIMESTAMP '0044-03-15 (BC) 01:02:03'", "'infinity'::TIMESTAMP",
	"'-infinity'::TIMESTAMP", "'infinity'::TIMESTAMPTZ", "TIMESTAMP '290000-01-05 01:02:03'",
	"'2022-01-05 01:02:03'::TIMESTAMP_S", "'2022-01-05 01:02:03.5'::TIMESTAMP_MS",
	"'2022-01-05 01:02:03.123456789'::TIMESTAMP_NS", "'infinity'::TIMESTAMP_NS", "'infinity'::TIMESTAMP_S",
	"'-infinity'::TIMESTAMP_MS",
	"TIMESTAMPTZ '2022-01-05 01:02:03+02'", "TIMESTAMPTZ '2022-01-05 01:02:03.25+00'",
	"INTERVAL '1 year 2 months 3 days 04:05:06.5'", "INTERVAL '-1 month'", "INTERVAL '-14 months -3 days'",
	"INTERVAL '0 days'", "INTERVAL '100 hours'", "INTERVAL '-00:00:01.000001'", "INTERVAL '1 day -1 hour'",
	"INTERVAL '2 microseconds'",
	"uuid()", "'00000000-0000-0000-0000-000000000000'::UUID", "'6d4bd1c6-4d0c-4f6e-9f5e-2b7d5f2d1a11'::UUID",
	"'10101'::BIT", "'000000001'::BIT", "'a'::ENUM('a', 'b c')",
	"'{\"a\": 1.0,  \"b\": [12345678901234567890, \"x\"]}'::JSON", "'\"s\"'::JSON", "'null'::JSON", "'1.50'::JSON",
	"union_value(n := 1)", "union_value(s := 'a, b')", "[union_value(n := 1.5::DOUBLE)]",
	"[]", "[1, NULL, 3]", "[[1], [], NULL]",
	"['a', 'b c', '', NULL, 'NULL', 'null', 'it''s', 'a,b', '[x]', '{y}', 'a=b', 'a:b', '\"q\"', ' lead', " +
		"'trail ', 'back\\slash', '(p)', 'two\nlines', 'tab\there']",
	"[1.0::DOUBLE, 'nan']", "[DATE '2022-01-05']", "[TIMESTAMP '2022-01-05 01:02:03']", "[TIME '01:02:03']",
	"[INTERVAL '1 day']", "[INTERVAL '1 hour']", "[true]", "[1.50::DECIMAL(9,2)]",
	"['abc'::BLOB, 'a,b'::BLOB, '\\x00'::BLOB]", "['10'::BIT]", "[uuid()]",
	"['{\"a\": 1}'::JSON, '[1,  2]'::JSON, '\"s\"'::JSON, '5'::JSON]",
	"['a'::ENUM('a', 'b, c'), 'b, c']", "[1, 2]::INTEGER[2]", "[['a', 'b'], ['c,d', NULL]]::VARCHAR[2][2]",
	"{a: 1, b: 'x'}", "{'a b': NULL, 'it''s': '', c: {d: [1, 2]}}", "{'A': 'it''s', 'q\"q': 'a, b'}",
	"row(1, 'a')", "row(1, row('x y', NULL))", "{a: '{\"x\":  1}'::JSON}",
	"{t: TIMESTAMP '2022-01-05 01:02:03', i: INTERVAL '1 month'}",
	"MAP {'k': 1, 'l m': NULL}", "MAP {1: 'a', 2: 'b, c'}", "MAP {}", "MAP {'a=b': ['x', 'it''s']}",
	"MAP {[1, 2]: 'list key'}", "MAP {uuid(): 1}", "MAP {{a: 1}: 2}", "MAP {'abc'::BLOB: 1}",
	"MAP {DATE '2022-01-05': 1.50::DECIMAL(9,2)}", "MAP {1.5::DOUBLE: 1}",
	"MAP {'{\"a\": 1}'::JSON: '[1,  2]'::JSON}",
	"[MAP {'a': {b: [1]}}]", "{m: MAP {'a, b': 1}}", "['10101'::BIT, NULL]", "{b: '1'::BIT}",
	"[12345678901234567890123456789012345678901234567890::BIGNUM]", "[{a: 'x''y', b: NULL}, NULL]", "NULL",
}

// changed has the values that the driver, or Go's printing of its values, writes differently.
var changed = map[string]string{
	"MAP {'{\"a\": 1}'::JSON: '[1,  2]'::JSON}": `{{"a": 1}=[1,  2]}`,
	"TIME '24:00:00'":                            "00:00:00",
	"'01:02:03+00:00:10'::TIMETZ":                "01:02:03+00:00",
	"0.0::DECIMAL(4,4)":                          "0.0000",
	"0.1234::DECIMAL(4,4)":                       "0.1234",
	`{a: '{"x":  1}'::JSON}`:                     `{'a': {"x":  1}}`,
	"[['a', 'b'], ['c,d', NULL]]::VARCHAR[2][2]": "[[a, b], ['c,d', NULL]]",
}

// Values are written as DuckDB writes them: by DuckDB itself, as results are printed, and by
// Type.Text.
func TestTextAgainstDuckDB(t *testing.T) {
	s := open(t, Options{})
	for _, v := range rendered {
		// The value comes from a table, so that both columns show the same one.
		q := "SELECT v, v::VARCHAR AS text FROM (SELECT " + v + " AS v)"
		for _, w := range []Want{{}, {Text: true}, {First: 1}} {
			r, err := s.Result(context.Background(), q, nil, w)
			if err != nil {
				t.Errorf("%s: %v", v, err)
				continue
			}
			row := make([]driver.Value, 2)
			if err := r.Next(row); err != nil {
				t.Errorf("%s: %v", v, err)
				continue
			}
			want, _ := row[1].(string)
			got, _ := row[0].(string)
			if !w.Text {
				got = r.Columns[0].Type.Text(row[0])
				if other, ok := changed[v]; ok {
					want = other
				}
			}
			if got != want {
				t.Errorf("%s: %s, want %s", v, got, want)
			}
			if err := r.Next(row); err != io.EOF {
				t.Errorf("%s: %v", v, err)
			}
			r.Close()
		}
	}
}

// JSON is written as it is, wherever it stands; a type's own field names do not mislead.
func TestJSONValues(t *testing.T) {
	s := open(t, Options{})
	for _, c := range [][2]string{
		{`'{"b": 1.0, "a": 12345678901234567890, "b": [1e2]}'::JSON`, `{"b":1.0,"a":12345678901234567890,"b":[1e2]}`},
		{`'"a/b<é"'::JSON`, `"a/b<é"`},
		{`'null'::JSON`, `null`},
		{`['1.50'::JSON, NULL]`, `[1.50,null]`},
		{`{"JSON": 'text', j: '[1, 2]'::JSON, 'a JSON b': ['{}'::JSON]}`,
			`{"JSON":"text","j":[1,2],"a JSON b":[{}]}`},
		{`MAP {'k': '{"x":  1}'::JSON}`, `{"k":{"x":1}}`},
		{`'a'::ENUM('a', 'JSON')`, `"a"`},
		{`$j::JSON`, `{"p":1.0}`},
		{`1.50::DECIMAL(9,2)`, `1.50`},
		{`[0.1234::DECIMAL(4,4)]`, `[0.1234]`},
		{`{a: 'nan'::DOUBLE, b: ['inf'::FLOAT]}`, `{"a":null,"b":[null]}`},
		{`INTERVAL '1 month 2 days 3 hours'`, `"1 month 2 days 03:00:00"`},
		{`row(1, 'a')`, `"(1, a)"`},
		{`MAP {[1, 2]: 5}`, `"{[1, 2]=5}"`},
	} {
		r, err := s.Result(context.Background(), "SELECT "+c[0]+" AS v", Params{"j": `{"p": 1.0}`}, Want{})
		if err != nil {
			t.Errorf("%s: %v", c[0], err)
			continue
		}
		row := make([]driver.Value, 1)
		if err := r.Next(row); err != nil {
			t.Errorf("%s: %v", c[0], err)
		} else if got := string(r.Columns[0].Type.AppendJSON(nil, row[0])); got != c[1] {
			t.Errorf("%s: %s, want %s", c[0], got, c[1])
		}
		r.Close()
	}
}
