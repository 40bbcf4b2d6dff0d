package query

import (
	"bytes"
	"context"
	"database/sql/driver"
	"flag"
	"io"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite docs/views.md")

// docs/views.md is what WriteDoc writes, with results that a query gives now.
func TestDoc(t *testing.T) {
	const file = "../docs/views.md"
	s := open(t, Options{Threads: 1})
	var b bytes.Buffer
	err := WriteDoc(&b, func(q string) (string, error) { return markdown(s, q) })
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(want, b.Bytes()) {
		t.Errorf("%s is not up to date (%v): go test ./query -run TestDoc -update", file, err)
	}
}

// markdown is the result of a query as a table, or, if it is one value, that.
func markdown(s *Session, q string) (string, error) {
	r, err := s.Query(context.Background(), q, nil)
	if err != nil {
		return "", err
	}
	defer r.Close()
	var out strings.Builder
	var names, rules []string
	for _, c := range r.Columns {
		names, rules = append(names, c.Name), append(rules, "---")
	}
	row := func(cells []string) { out.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	row(names)
	row(rules)
	dst := make([]driver.Value, len(names))
	for {
		err := r.Next(dst)
		if err == io.EOF {
			return out.String(), nil
		}
		if err != nil {
			return "", err
		}
		if strings.HasPrefix(q, "SELECT") && !strings.Contains(q, "FROM ") {
			return r.Columns[0].Type.Text(dst[0]), nil
		}
		cells := make([]string, len(dst))
		for i, v := range dst {
			cells[i] = r.Columns[i].Type.Text(v)
		}
		row(cells)
	}
}
