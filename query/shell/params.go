package shell

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"abtool/internal/usage"
	"abtool/query"
)

// ParseParams parses NAME=VALUE pairs. A value is a number, true, false, null, or a text, which can be in
// quotes ('5').
func ParseParams(pairs []string) (query.Params, error) {
	params := query.Params{}
	for _, p := range pairs {
		name, value, ok := strings.Cut(p, "=")
		name = strings.TrimPrefix(name, "$")
		if !ok || name == "" {
			return nil, usage.Errorf("--param %s: give NAME=VALUE", p)
		}
		if _, twice := params[name]; twice {
			return nil, usage.Errorf("--param %s is given twice", name)
		}
		params[name] = ParamValue(value)
	}
	return params, nil
}

// CheckParams returns an error for a parameter that a text does not use, because a misspelt parameter would
// otherwise be ignored.
func CheckParams(params query.Params, text string) error {
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if !regexp.MustCompile(`(?i)\$` + regexp.QuoteMeta(name) + `\b`).MatchString(text) {
			return usage.Errorf("--param %s: the query has no $%s", name, name)
		}
	}
	return nil
}

// ParamValue returns the value that a text means, as ParseParams describes it.
func ParamValue(s string) any {
	switch s {
	case "true", "false":
		return s == "true"
	case "null":
		return nil
	}
	if n := len(s); n >= 2 && s[0] == '\'' && s[n-1] == '\'' {
		return strings.ReplaceAll(s[1:n-1], "''", "'")
	}
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return i
	}
	if strings.ContainsAny(s, "0123456789") && !strings.ContainsAny(s, "xX_pP") {
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return f
		}
	}
	return s
}
