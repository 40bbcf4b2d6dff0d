package server

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"abtool/collect"
	"abtool/collect/storage"
)

var (
	metricHelp   = regexp.MustCompile(`^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) ([^\\\n]|\\\\|\\n)+$`)
	metricType   = regexp.MustCompile(`^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)$`)
	metricSample = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\\\|\\"|\\n)*",?)+)\})? ([0-9.e+-]+)$`)
)

// parseMetrics reads Prometheus' text format 0.0.4 by its grammar: each family has its help and type before its samples,
// which stand together and differ in their labels; buckets of histograms do not decrease, and the last one has all.
func parseMetrics(t *testing.T, text string) map[string]float64 {
	t.Helper()
	if !strings.HasSuffix(text, "\n") {
		t.Error("the last line has no end")
	}
	values, seen := map[string]float64{}, map[string]bool{}
	family, kind, help := "", "", ""
	last := map[string]float64{} // bucket of a histogram's labels
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if m := metricHelp.FindStringSubmatch(line); m != nil {
			if help = m[1]; seen[help] {
				t.Errorf("the family %s comes twice", help)
			}
			seen[help] = true
			continue
		}
		if m := metricType.FindStringSubmatch(line); m != nil {
			if family, kind = m[1], m[2]; family != help {
				t.Errorf("%s: no help before it", line)
			}
			if (kind == "counter") != strings.HasSuffix(family, "_total") {
				t.Errorf("%s: counters, and nothing else, end in _total", line)
			}
			continue
		}
		m := metricSample.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("not a line of the format: %q", line)
			continue
		}
		value, err := strconv.ParseFloat(m[3], 64)
		if err != nil {
			t.Error(line, err)
		}
		name := m[1]
		if kind == "histogram" {
			name = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_sum"), "_count")
		}
		key := m[1] + "{" + m[2] + "}"
		if _, twice := values[key]; name != family || twice {
			t.Errorf("%s: in the family %s, twice: %v", line, family, twice)
		}
		values[key] = value
		if labels, _, isBucket := strings.Cut(m[2], `,le="`); isBucket {
			if value < last[labels] {
				t.Errorf("%s: less than the bucket before", line)
			}
			last[labels] = value
		} else if strings.HasSuffix(m[1], "_count") && value != last[m[2]] {
			t.Errorf("%s: the last bucket has %v", line, last[m[2]])
		}
	}
	return values
}

// What /metrics says agrees with what happened, and names nobody.
func TestMetrics(t *testing.T) {
	r := newRig(t, collect.Browse, nil)
	get := func() (string, map[string]float64) {
		answer, err := http.Get(r.admin.URL + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "text/plain; version=0.0.4; charset=utf-8" {
			t.Fatalf("%s %v %s %v", answer.Status, answer.Header, body, err)
		}
		return string(body), parseMetrics(t, string(body))
	}
	if _, v := get(); v["abtool_hits{}"] != 1 || v["abtool_leases{}"] != 0 || v["abtool_disk_free_bytes{}"] != 1<<40 {
		t.Errorf("before: %v", v)
	}
	token := r.agree("anna")
	page := r.pages(token)[0]["page"].(string)
	chunk, _ := chunkOf(token, page, 1, 0)
	r.want(201, "", chunk)
	r.raw(ask{method: "GET", path: "/no/such/" + page})
	text, v := get()
	for key, want := range map[string]float64{
		"abtool_leases{}": 1, `abtool_assignments{state="working"}`: 1, `abtool_pages{state="open"}`: 1, `abtool_pages{state="submitted"}`: 0,
		"abtool_pages_shown{}": 1, `abtool_chunks{state="stored"}`: 1, `abtool_people{state="agreed"}`: 1, "abtool_people_here{}": 1,
		"abtool_write_queue{}": 0, "abtool_commits_failed_total{}": 0,
		`abtool_requests_total{route="PUT /api/v1/pages/{page}/{attempt}/{seq}",code="201"}`: 1,
		`abtool_requests_total{route="(no route)",code="404"}`:                               1,
		`abtool_request_seconds_count{route="POST /api/v1/lease"}`:                           1,
	} {
		if got, ok := v[key]; !ok || got != want {
			t.Errorf("%s: %v, want %v", key, got, want)
		}
	}
	if v["abtool_commits_total{}"] < 4 || v["abtool_writes_total{}"] < v["abtool_commits_total{}"] || v["abtool_commit_seconds_total{}"] <= 0 || v["abtool_chunk_bytes{}"] <= 0 {
		t.Errorf("%s", text)
	}
	var names []string
	err := r.db.View(t.Context(), func(s *storage.View) error {
		workers, err := s.Workers()
		for _, w := range workers {
			names = append(names, w.ID)
		}
		return err
	})
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	for _, name := range slices.Concat(names, []string{"anna", page, token}) {
		if name == "" || strings.Contains(text, name) {
			t.Errorf("the measurements have %q", name)
		}
	}
}

// Values of a label are written as the format wants them.
func TestExposition(t *testing.T) {
	e := new(exposition)
	e.family("a", "gauge", "Help.")
	e.sample("a", 1.5, "x", "a\"b\\c\nd", "y", "")
	e.sample("a", 1e21)
	want := "# HELP a Help.\n# TYPE a gauge\na{x=\"a\\\"b\\\\c\\nd\",y=\"\"} 1.5\na 1e+21\n"
	if e.String() != want {
		t.Errorf("%q, want %q", e, want)
	}
	parseMetrics(t, want)
	m := newMeters()
	for i := range 30 {
		m.add("GET /x", 200+i%2, time.Duration(bounds[i%len(bounds)]*1e9))
	}
	e = new(exposition)
	e.requests(m)
	v := parseMetrics(t, e.String())
	if v[`abtool_request_seconds_bucket{route="GET /x",le="0.001"}`] != 3 || v[fmt.Sprintf(`abtool_requests_total{route="GET /x",code="%d"}`, http.StatusOK)] != 15 {
		t.Errorf("%v", v)
	}
}
