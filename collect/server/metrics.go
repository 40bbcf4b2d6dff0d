package server

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"abtool/collect/storage"
)

// bounds are the upper bounds of the times of requests that are counted together, in seconds.
var bounds = []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}

// meters count requests, by their route.
type meters struct {
	mu    sync.Mutex
	began time.Time // of the server
	times map[string]*histogram
	codes map[[2]string]int // by route and status
}

type histogram struct {
	within []int // not above each bound and above the one before
	count  int
	sum    float64
}

func newMeters() *meters {
	return &meters{began: time.Now(), times: map[string]*histogram{}, codes: map[[2]string]int{}}
}

// add counts a request.
func (m *meters) add(route string, status int, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.times[route]
	if h == nil {
		h = &histogram{within: make([]int, len(bounds))}
		m.times[route] = h
	}
	s := took.Seconds()
	if i, _ := slices.BinarySearch(bounds, s); i < len(bounds) {
		h.within[i]++
	}
	h.count++
	h.sum += s
	m.codes[[2]string{route, strconv.Itoa(status)}]++
}

// A sheet of measurements, in the text format of Prometheus.
type exposition struct{ bytes.Buffer }

// family begins the samples of a name.
func (e *exposition) family(name, kind, help string) {
	fmt.Fprintf(e, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

// sample writes a value. labels are names and values in turn.
func (e *exposition) sample(name string, value float64, labels ...string) {
	e.WriteString(name)
	for i := 0; i < len(labels); i += 2 {
		e.WriteString(map[bool]string{true: "{", false: ","}[i == 0])
		e.WriteString(labels[i] + `="` + escapes.Replace(labels[i+1]) + `"`)
	}
	if len(labels) > 0 {
		e.WriteByte('}')
	}
	e.WriteString(" " + strconv.FormatFloat(value, 'g', -1, 64) + "\n")
}

var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// one writes a family with one value.
func (e *exposition) one(name, kind, help string, value float64) {
	e.family(name, kind, help)
	e.sample(name, value)
}

// by writes a family with a value for each state.
func (e *exposition) by(name, label, help string, values map[string]int64) {
	e.family(name, "gauge", help)
	for _, key := range slices.Sorted(maps.Keys(values)) {
		e.sample(name, float64(values[key]), label, key)
	}
}

// metrics answers measurements for Prometheus. They are counts, without anything that names somebody.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request) {
	var st Status
	if err := s.DB.View(r.Context(), func(v *storage.View) (err error) {
		st, err = ReadStatus(v, s.now())
		return err
	}); err != nil {
		s.report(r.Context(), "reading what /metrics shows", err)
		http.Error(w, "the database cannot be read", http.StatusServiceUnavailable)
		return
	}
	e := new(exposition)
	e.study(&st)
	if free, all, err := s.Space(); err == nil {
		e.one("abtool_disk_free_bytes", "gauge", "Room on the disk of the database.", float64(free))
		e.one("abtool_disk_size_bytes", "gauge", "Size of the disk of the database.", float64(all))
	}
	load := s.DB.Load()
	e.one("abtool_write_queue", "gauge", "Requests that wait to be written.", float64(load.Waiting))
	e.one("abtool_writes_total", "counter", "Requests that were written or refused.", float64(load.Requests))
	e.one("abtool_commits_total", "counter", "Transactions in which they were written.", float64(load.Commits))
	e.one("abtool_commits_failed_total", "counter", "Transactions that failed.", float64(load.Failed))
	e.one("abtool_commit_seconds_total", "counter", "Time spent in transactions.", load.Time.Seconds())
	e.requests(s.meters)
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	e.one("go_goroutines", "gauge", "Goroutines.", float64(runtime.NumGoroutine()))
	e.one("go_memstats_sys_bytes", "gauge", "Memory that the runtime has from the system.", float64(memory.Sys))
	e.one("process_start_time_seconds", "gauge", "When the server began, in seconds since 1970.", float64(s.meters.began.UnixMilli())/1000)
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	w.Write(e.Bytes())
}

// study writes what the account of the study says.
func (e *exposition) study(st *Status) {
	e.one("abtool_hits", "gauge", "HITs of the plan.", float64(st.HITs))
	e.one("abtool_assignments_needed", "gauge", "Assignments that the plan needs.", float64(st.Needed))
	e.one("abtool_assignments_done", "gauge", "How many of these are done, without surplus and rejected ones.", float64(st.Done))
	e.by("abtool_assignments", "state", "Assignments.", st.States)
	e.one("abtool_leases", "gauge", "Assignments that somebody is at.", float64(st.States[storage.Offered]+st.States[storage.Working]))
	e.one("abtool_assignments_surplus", "gauge", "Submitted assignments whose HIT others had finished.", float64(st.Surplus))
	e.one("abtool_pages_shown", "gauge", "Pages that were shown: the sum of abtool_pages.", float64(st.Shown))
	e.by("abtool_pages", "state", "Pages that were shown.", map[string]int64{"submitted": st.Submitted, "open": st.Open, "left": st.Left, "withdrawn": st.Withdrawn})
	e.by("abtool_chunks", "state", "Chunks that were announced.", map[string]int64{"stored": st.ChunksStored, "missing": st.ChunksMissing})
	e.one("abtool_chunks_in_conflict", "gauge", "Chunks that came under the number of another one.", float64(st.Conflicts))
	e.one("abtool_attempts_flagged", "gauge", "Attempts whose submit does not agree with what is stored.", float64(st.Flagged))
	e.one("abtool_events", "gauge", "Events that are stored.", float64(st.EventsStored))
	e.one("abtool_chunk_bytes", "gauge", "Bytes of the chunks that are stored.", float64(st.Bytes))
	e.by("abtool_people", "state", "Annotators.", st.People)
	e.one("abtool_people_here", "gauge", "Visits with a sign of life in the last two minutes.", float64(st.Live))
}

// requests writes the times and statuses of requests to this server.
func (e *exposition) requests(m *meters) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e.family("abtool_requests_total", "counter", "Requests.")
	for _, key := range slices.SortedFunc(maps.Keys(m.codes), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		e.sample("abtool_requests_total", float64(m.codes[key]), "route", key[0], "code", key[1])
	}
	const name = "abtool_request_seconds"
	e.family(name, "histogram", "Times of requests, from the header to the answer.")
	for _, route := range slices.Sorted(maps.Keys(m.times)) {
		h, n := m.times[route], 0
		for i, bound := range bounds {
			n += h.within[i]
			e.sample(name+"_bucket", float64(n), "route", route, "le", strconv.FormatFloat(bound, 'g', -1, 64))
		}
		e.sample(name+"_bucket", float64(h.count), "route", route, "le", "+Inf")
		e.sample(name+"_sum", h.sum, "route", route)
		e.sample(name+"_count", float64(h.count), "route", route)
	}
}
