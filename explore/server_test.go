package explore

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"io"
	"io/fs"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"abtool/explore/web"
	"abtool/internal/teststore"
	"abtool/internal/ui"
	"abtool/store"
)

var update = flag.Bool("update", false, "rewrite the answers in testdata")

var removeDemo = func() {}

func TestMain(m *testing.M) {
	code := m.Run()
	removeDemo()
	os.Exit(code)
}

// demo returns a small store, which tests share.
var demo = sync.OnceValue(func() string {
	dir, remove := teststore.Temporary(context.Background(), teststore.Options{Images: 300, Pages: 40, Seed: 7, Dirty: 0.1})
	removeDemo = remove
	return dir
})

// A person has opened the address of a server.
type person struct {
	t    *testing.T
	base string
	http.Client
	server *Server // nil if it runs elsewhere
}

func visit(t *testing.T, o Options) *person {
	t.Helper()
	s, base := serve(t, o)
	return enter(t, s, base)
}

// enter returns a person who has opened the address of a server.
func enter(t *testing.T, s *Server, base string) *person {
	t.Helper()
	jar, _ := cookiejar.New(nil)
	p := &person{t, base, http.Client{Jar: jar}, s}
	if status, _ := p.get(strings.TrimPrefix(s.guard.address(), base)); status != http.StatusOK {
		t.Fatalf("the address of the server answers %d", status)
	}
	return p
}

func (p *person) do(r *http.Request) (int, string) {
	p.t.Helper()
	a, err := p.Client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return a.StatusCode, string(body)
}

func (p *person) get(path string) (int, string) {
	p.t.Helper()
	r, err := http.NewRequest("GET", p.base+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.do(r)
}

func (p *person) sql(q string) (int, string) { return p.post("/api/sql", asked{Q: q}) }

func (p *person) post(path string, a any) (int, string) {
	p.t.Helper()
	body, _ := json.Marshal(a)
	r, _ := http.NewRequest("POST", p.base+path, bytes.NewReader(body))
	return p.do(r)
}

// Only the browser that opened the address of the server is let in, by this machine's names, and from pages of the
// server.
func TestGuard(t *testing.T) {
	s, base := serve(t, Options{Store: demo()})
	ask := func(change func(*http.Request)) (int, http.Header) {
		r, _ := http.NewRequest("GET", base+"/", nil)
		change(r)
		c := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		a, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		return a.StatusCode, a.Header
	}
	token := s.guard.token
	with := func(r *http.Request) { r.URL.RawQuery = "token=" + token }
	if status, _ := ask(func(*http.Request) {}); status != http.StatusForbidden {
		t.Errorf("without a token: %d", status)
	}
	if status, _ := ask(func(r *http.Request) { r.URL.RawQuery = "token=" + secret() }); status != http.StatusForbidden {
		t.Errorf("with another token: %d", status)
	}
	status, h := ask(with)
	if status != http.StatusSeeOther || h.Get("Location") != "/" {
		t.Fatalf("with the token: %d to %q", status, h.Get("Location"))
	}
	cookie := h.Get("Set-Cookie")
	for _, part := range []string{"HttpOnly", "SameSite=Strict", "Path=/"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("the cookie lacks %s: %s", part, cookie)
		}
	}
	if status, _ := ask(with); status != http.StatusForbidden {
		t.Errorf("with the token for the second time: %d", status)
	}
	if s.guard.token == token {
		t.Error("the token did not change")
	}
	value, _, _ := strings.Cut(cookie, ";")
	in := func(r *http.Request) { r.Header.Set("Cookie", value) }
	if status, h := ask(in); status != http.StatusOK || !strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'") ||
		h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("with the cookie: %d, %v", status, h)
	}
	port := base[strings.LastIndex(base, ":"):]
	for host, want := range map[string]int{
		"localhost" + port: 200, "127.0.0.1" + port: 200, "[::1]" + port: 200, "LOCALHOST" + port: 200,
		"evil.example" + port: 421, "127.0.0.1.evil.example" + port: 421, "localhost.evil.example" + port: 421, "localhost": 421,
		"192.168.1.1" + port: 421, "127.0.0.1:1": 421, "evil.example": 421, "0.0.0.0" + port: 421, "[::]" + port: 421,
	} {
		if status, _ := ask(func(r *http.Request) { in(r); r.Host = host }); status != want {
			t.Errorf("as %s: %d, want %d", host, status, want)
		}
	}
	for header, origin := range map[string]string{"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"} {
		r, _ := http.NewRequest("POST", base+"/api/sql", strings.NewReader(`{"q":"SELECT 1"}`))
		in(r)
		r.Header.Set(header, origin)
		if a, err := http.DefaultClient.Do(r); err != nil || a.StatusCode != http.StatusForbidden {
			t.Errorf("a POST with %s %s: %v, %v", header, origin, a.StatusCode, err)
		}
	}
}

// No statement gets out of the sandbox, by the page of SQL, by an export, or as the rows of a grid. The store stays
// as it is.
func TestSandbox(t *testing.T) {
	p := visit(t, Options{Store: demo()})
	other := filepath.Join(t.TempDir(), "other.csv")
	if err := os.WriteFile(other, []byte("seq,b\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	table := filepath.Join(demo(), "coco", "images.parquet")
	before, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range teststore.Escapes(demo(), other, t.TempDir()) {
		if status, body := p.sql(q); status == http.StatusOK {
			t.Errorf("%s\nran: %.200s", q, body)
		}
		if status, body := p.get("/export?" + url.Values{"format": {"csv"}, "q": {q}}.Encode()); status == http.StatusOK {
			t.Errorf("%s\nwas exported: %.200s", q, body)
		}
		if status, body := p.get("/api/rows/coco?" + url.Values{"q": {q}}.Encode()); status == http.StatusOK {
			t.Errorf("%s\nselects rows: %.200s", q, body)
		}
	}
	if after, err := os.ReadFile(table); err != nil || !bytes.Equal(before, after) {
		t.Error("a query changed the store")
	}
	if status, body := p.sql("CREATE TEMP TABLE w AS SELECT 42 AS a; SELECT a FROM w"); status != http.StatusOK || !strings.Contains(body, "42") {
		t.Errorf("a harmless query: %d %s", status, body)
	}
	if status, body := p.sql("SELECT 1;\n\nSELECT nothing_of_the_kind"); status != 400 || !strings.Contains(body, `"line":3`) {
		t.Errorf("an error on line 3: %d %s", status, body)
	}
	if status, _ := p.get("/api/rows/imagenet?q=" + url.QueryEscape("SELECT seq FROM summary_imagenet")); status != http.StatusOK {
		t.Errorf("the rows of the summary: %d", status)
	}
	if status, body := p.sql("FROM summary_imagenet"); status == http.StatusOK {
		t.Errorf("the page of SQL sees the summary: %s", body)
	}
}

// An export has all rows in each of its formats, also of several statements and with parameters. What fails says why
// on a page.
func TestExport(t *testing.T) {
	p := visit(t, Options{Store: demo()})
	ask := func(format, q string) (int, string) {
		return p.get("/export?" + url.Values{"format": {format}, "q": {q}, "p.n": {"2500"}}.Encode())
	}
	const q = "SELECT 1; SELECT range AS i, 'a|' || range AS t, NULL AS nothing FROM range($n)"
	for format, want := range map[string][2]string{
		"csv": {"i,t,nothing\n0,a|0,\n", "\n2499,a|2499,\n"}, "json": {`[{"i":0,"t":"a|0","nothing":null},`, `{"i":2499,"t":"a|2499","nothing":null}]` + "\n"},
		"md": {"| i | t | nothing |\n| --: | --- | --: |\n| 0 | a\\|0 |  |\n", "\n| 2499 | a\\|2499 |  |\n"}, "parquet": {"PAR1", "PAR1"},
	} {
		if status, body := ask(format, q); status != http.StatusOK || !strings.HasPrefix(body, want[0]) || !strings.HasSuffix(body, want[1]) {
			t.Errorf("%s: %d %.80q … %q", format, status, body, body[max(0, len(body)-80):])
		}
	}
	for q, want := range map[string]string{"SELECT $m": "fill in the field $m", "SELECT x": "line 1", "": "no statement", "CREATE TEMP TABLE x AS SELECT 1": "no rows to write"} {
		for _, format := range []string{"csv", "parquet"} {
			if status, body := ask(format, q); status != http.StatusBadRequest || !strings.Contains(body, want) || !strings.Contains(body, "<h1") {
				t.Errorf("%s of %q: %d %.2000s", format, q, status, body)
			}
		}
	}
	if status, _ := ask("xls", "SELECT 1"); status != http.StatusBadRequest {
		t.Errorf("a format that is not there: %d", status)
	}
	slow := visit(t, Options{Store: demo(), Timeout: 200 * time.Millisecond})
	for _, format := range []string{"csv", "parquet"} {
		if status, body := slow.get("/export?format=" + format + "&q=SELECT+sum(a.range*b.range)+FROM+range(1000000)+a,+range(1000000)+b"); status != http.StatusGatewayTimeout || !strings.Contains(body, "stopped after 200ms") {
			t.Errorf("%s that takes long: %d %.300s", format, status, body)
		}
	}
}

// picture writes a small PNG.
func picture(t *testing.T, path string, c color.Color) {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 900, 600))
	for i := range 900 * 600 {
		m.Set(i%900, i/900, c)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

// Images come from --images alone, whatever the address says and wherever links lead.
func TestImages(t *testing.T) {
	dir := t.TempDir()
	place := filepath.Join(dir, "images")
	picture(t, filepath.Join(place, "n01440764", "n01440764_2.png"), color.White)
	picture(t, filepath.Join(dir, "secret.png"), color.Black)
	os.WriteFile(filepath.Join(place, "n01440764", "n01440764_3.png"), []byte("no image"), 0o666)
	if err := os.Symlink(filepath.Join(dir, "secret.png"), filepath.Join(place, "n01440764", "n01440764_4.png")); err != nil {
		t.Skip(err)
	}
	// Headers of PNG that claim 100,000 × 100,000 and 100,000 × 1,000 pixels.
	for name, size := range map[string]string{"n01440764_5": "\x00\x01\x86\xa0\x00\x01\x86\xa0", "n01440764_6": "\x00\x01\x86\xa0\x00\x00\x03\xe8"} {
		head := "IHDR" + size + "\x08\x02\x00\x00\x00"
		data := "\x89PNG\r\n\x1a\n\x00\x00\x00\x0d" + head + string(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(head))))
		os.WriteFile(filepath.Join(place, "n01440764", name+".png"), []byte(data), 0o666)
	}
	p := visit(t, Options{Store: demo(), Images: []string{place}})
	for _, path := range []string{"/img/imagenet/n01440764_5", "/img/imagenet/n01440764_5?w=160", "/img/imagenet/n01440764_6?w=160"} {
		if status, body := p.get(path); status != http.StatusUnprocessableEntity || !strings.Contains(body, "100000 × ") {
			t.Errorf("%s: %d %.100q", path, status, body)
		}
	}
	status, body := p.get("/img/imagenet/n01440764_2")
	if status != 200 || !strings.HasPrefix(body, "\x89PNG") {
		t.Errorf("an image: %d, %q", status, body[:min(20, len(body))])
	}
	status, body = p.get("/img/imagenet/n01440764_2?w=300")
	m, _, err := image.Decode(strings.NewReader(body))
	if status != 200 || err != nil || m.Bounds().Dx() != 320 || m.Bounds().Dy() != 213 {
		t.Errorf("a scaled image: %d, %v", status, err)
	}
	for path, want := range map[string]int{
		"/img/imagenet/n01440764_3": 422, "/img/imagenet/n01440764_4": 422, "/img/imagenet/nothing": 404, "/img/imagenet/secret": 404,
		"/img/imagenet/..%2fsecret": 404, "/img/imagenet/..%2f..%2fsecret.png": 404, "/img/imagenet/%2e%2e%2fsecret.png": 404,
		"/img/imagenet/%2fetc%2fpasswd": 404, "/img/imagenet/n01440764%2fn01440764_2.png": 404, "/img/../secret.png": 404,
		"/img/imagenet/n01440764_2?w=x": 400, "/img/imagenet/n01440764_2?w=-1": 400, "/web/..%2fserver.go": 404, "/web/pages%2flayout.html": 404,
		"/figure/..%2f..%2fstore.json": 404,
	} {
		if status, body := p.get(path); status != want || strings.Contains(body, "root:") {
			t.Errorf("%s: %d, want %d: %.100q", path, status, want, body)
		}
	}
	r, _ := http.NewRequest("GET", p.base+"/img/imagenet/n01440764_2?w=300", nil)
	a, err := p.Client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	a.Body.Close()
	r.Header.Set("If-None-Match", a.Header.Get("ETag"))
	if status, body := p.do(r); status != http.StatusNotModified || body != "" {
		t.Errorf("the same image again: %d", status)
	}
}

// No id of an image leads out of the places of images.
func FuzzImageIDs(f *testing.F) {
	dir, secret := f.TempDir(), []byte("\x89PNG a secret")
	place := filepath.Join(dir, "images", "n01440764")
	if err := os.MkdirAll(place, 0o777); err != nil {
		f.Fatal(err)
	}
	for _, path := range []string{filepath.Join(dir, "secret.png"), filepath.Join(dir, "n01440764_9.png")} {
		if err := os.WriteFile(path, secret, 0o666); err != nil {
			f.Fatal(err)
		}
	}
	os.WriteFile(filepath.Join(place, "n01440764_1.png"), []byte("an image"), 0o666)
	os.Symlink(filepath.Join(dir, "secret.png"), filepath.Join(place, "n01440764_2.png"))
	os.Symlink(dir, filepath.Join(dir, "images", "n01440765"))
	m, err := openImages([]string{filepath.Join(dir, "images")})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { m.Close() })
	for _, id := range []string{"n01440764_1", "n01440764_2", "../secret", "n01440764/../../secret", "..%2fsecret", "n01440765_9", "n01440765/secret", "secret", "/etc/passwd", "a\x00b", "..\\secret", "n01440764_1/../n01440764_2", "../../n01440764_9"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		data, err := m.read(id)
		if err == nil && (bytes.Contains(data, secret) || string(data) != "an image") {
			t.Errorf("%q gives %q", id, data)
		}
	})
}

// What the API answers is in testdata. Times and the choice of rows at random are left out.
func TestAPI(t *testing.T) {
	p := visit(t, Options{Store: demo()})
	var out strings.Builder
	for _, path := range []string{
		"/api/fields/imagenet?wait=1", "/api/fields/coco?wait=1",
		"/api/facets/imagenet?fields=selected,hit,n_clicks,x,class,showing", "/api/facets/coco?fields=recall,present,page_idx",
		"/api/facets/imagenet?fields=selected,n_clicks&f=selected:true;n_clicks:2..",
		"/api/rows/imagenet?n=2", "/api/rows/imagenet?n=2&f=hit:false&sort=-box_distance&page=2", "/api/rows/coco?n=2&sort=recall",
		"/api/marks/imagenet?seqs=3,1", "/api/marks/coco?seqs=0",
		"/api/rows/imagenet?f=n_sample:1", "/api/rows/imagenet?n=0", "/api/rows/imagenet?sort=nothing", "/api/rows/other", "/api/rows/imagenet?q=SELECT+sec+FROM+imagenet_clicks", "/api/rows/imagenet?q=SELECT+worker_id%0AFROM+imagenet_clicks",
		"/api/rows/imagenet?q=SELECT+seq%0AFROM+imagenet_click", "/api/rows/imagenet?n=1&q=SELECT+image_id+FROM+imagenet_final_clicks",
		"/api/marks/imagenet?seqs=x",
	} {
		status, body := p.get(path)
		fmt.Fprintf(&out, "GET %s\n%d %s\n", path, status, body)
	}
	for _, q := range []string{"SELECT seq, image_id, t0, selected, NULL AS nothing, 0.5::FLOAT AS half, [1, 2] AS list, {a: 1} AS struct FROM imagenet_annotations ORDER BY seq LIMIT 2",
		"SELECT 9007199254740993 AS large, 'NaN'::DOUBLE AS nan", "CREATE TEMP TABLE x AS SELECT 1", "SELECT\n  wroker_id\nFROM imagenet_samples", "", "SELECT 1; SELECT 2"} {
		status, body := p.sql(q)
		fmt.Fprintf(&out, "POST /api/sql %q\n%d %s\n", q, status, body)
	}
	for _, a := range []asked{
		{Q: "SELECT $a + 1 AS a, $b AS b, $c AS c", Params: map[string]string{"a": "41", "b": "'7'", "c": "null"}},
		{Q: "SELECT $a AS a"}, {Q: "SELECT * FROM read_csv('x.csv')"}, {Q: "COPY (SELECT 1) TO 'x.csv'"}, {Q: "SET threads = 1"}, {Q: "SELECT * FROM 'x.csv'"},
	} {
		status, body := p.post("/api/sql", a)
		fmt.Fprintf(&out, "POST /api/sql %q %v\n%d %s\n", a.Q, a.Params, status, body)
	}
	values := "SELECT unnest([1, 2, 2, 9, NULL]) AS n, unnest(['b', 'a', 'a', NULL, '']) AS t"
	for _, a := range []asked{{Q: values, Column: "n"}, {Q: "SELECT 1; " + values + " LIMIT $k", Params: map[string]string{"k": "4"}, Column: "t"}, {Q: values, Column: "x"},
		{Q: "SELECT 'inf'::DOUBLE AS v", Column: "v"}} {
		status, body := p.post("/api/column", a)
		fmt.Fprintf(&out, "POST /api/column %q %s\n%d %s\n", a.Q, a.Column, status, body)
	}
	got := regexp.MustCompile(`"ms":\d+`).ReplaceAllString(out.String(), `"ms":0`)
	const file = "testdata/api.txt"
	if *update {
		if err := os.MkdirAll("testdata", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
		for i := range g {
			if i >= len(w) || g[i] != w[i] {
				t.Fatalf("line %d is not as in %s, which -update rewrites:\n%.500s", i+1, file, g[i])
			}
		}
		t.Fatalf("%s has more lines", file)
	}
}

// With Hide, no page and no answer has the id of an annotator or of a HIT, and the pages of annotators are found by
// their pseudonyms.
func TestHide(t *testing.T) {
	plain := visit(t, Options{Store: demo()})
	hidden := visit(t, Options{Store: demo(), Hide: true})
	var ids struct{ Data [][]string }
	for _, set := range []string{"imagenet", "coco"} {
		hit := map[string]string{"imagenet": "assignment_id", "coco": "hit_id"}[set]
		_, body := plain.sql("SELECT DISTINCT unnest([worker_id, " + hit + "]) AS id FROM " + set + "_annotations WHERE worker_id IS NOT NULL AND " + hit + " IS NOT NULL")
		if err := json.Unmarshal([]byte(body), &ids); err != nil || len(ids.Data[0]) < 2 {
			t.Fatal(err, body)
		}
		paths := []string{"/?part=numbers", "/w/" + set, "/h/" + set, "/rejects", "/api/rows/" + set + "?n=500", "/api/facets/" + set + "?fields=worker_id," + hit,
			"/api/showing/" + set + "/0", "/stats/" + set + "/workers", "/stats/" + set + "/hits", "/export?format=csv&q=FROM+" + set + "_annotations"}
		_, page := hidden.get("/w/" + set)
		worker := regexp.MustCompile(`"(/w/` + set + `/w[0-9a-f]{12})"`).FindStringSubmatch(page)
		if worker == nil {
			t.Fatalf("the page of annotators has no pseudonym: %.2000s", page)
		}
		for _, path := range append(paths, worker[1]) {
			status, body := hidden.get(path)
			if status != http.StatusOK {
				t.Errorf("%s: %d %.200s", path, status, body)
			}
			for _, id := range ids.Data[0] {
				if strings.Contains(body, id) {
					t.Errorf("%s has the id %s", path, id)
					break
				}
			}
		}
	}
}

// A store that lacks a data set, and one that was made from studies, have all pages that are linked.
func TestOddStores(t *testing.T) {
	for name, o := range map[string]teststore.Options{
		"imagenet": {Images: 30}, "one image": {Images: 1}, "coco": {Pages: 10}, "one page": {Pages: 1}, "studies": {Studies: []string{"browse", "tag"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir, err := teststore.Make(t.Context(), t.TempDir(), o)
			if err != nil {
				t.Fatal(err)
			}
			p := visit(t, Options{Store: dir})
			paths := []string{"/", "/?part=numbers", "/stats", "/rejects", "/sql", "/api/catalog"}
			account, err := store.Read(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range account.DataSets {
				for _, path := range []string{"/i/%s", "/w/%s", "/h/%s", "/api/fields/%s", "/api/rows/%s", "/api/random/%s", "/api/marks/%s?seqs=0", "/api/showing/%s/0", "/stats/%s/counts"} {
					paths = append(paths, fmt.Sprintf(path, d.Name))
				}
				var fields struct{ Fields []struct{ Name string } }
				_, body := p.get("/api/fields/" + d.Name)
				if err := json.Unmarshal([]byte(body), &fields); err != nil {
					t.Fatal(err, body)
				}
				for _, f := range fields.Fields {
					paths = append(paths, "/api/facets/"+d.Name+"?fields="+f.Name, "/api/rows/"+d.Name+"?sort="+f.Name)
				}
			}
			for _, path := range paths {
				if status, body := p.get(path); status != http.StatusOK {
					t.Errorf("%s: %d: %.300s", path, status, body)
				}
			}
		})
	}
}

// What one screen loads stays small: the modules come without a build step, and people read them.
func TestSize(t *testing.T) {
	imports := regexp.MustCompile(`(?m)(?:^import [^'\n]*|\bimport\()'([^']*)'`)
	size := map[string]int{} // of a module
	of := map[string][]string{}
	total := 0
	names, err := fs.Glob(web.Files, "*.js")
	if err != nil || len(names) < 10 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		data, err := web.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		size[name] = len(data)
		total += len(data)
		for _, from := range imports.FindAllSubmatch(data, -1) {
			module, ours := strings.CutPrefix(strings.Replace(string(from[1]), "./", "/web/", 1), "/web/")
			if !ours {
				t.Errorf("%s imports %s", name, from[1])
			}
			of[name] = append(of[name], module)
		}
	}
	pages, err := fs.Glob(web.Files, "pages/*.html")
	if err != nil || len(pages) < 10 {
		t.Fatal(pages, err)
	}
	most, largest := 0, ""
	for _, page := range pages {
		data, err := web.Files.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		loaded := map[string]bool{}
		queue := []string{"keys.js"}
		for _, m := range regexp.MustCompile(`src="/web/([^"]*\.js)"`).FindAllSubmatch(data, -1) {
			queue = append(queue, string(m[1]))
		}
		sum := 0
		for len(queue) > 0 {
			name := queue[0]
			queue = queue[1:]
			if loaded[name] {
				continue
			}
			if size[name] == 0 {
				t.Errorf("%s loads %s, which is not there", page, name)
			}
			loaded[name] = true
			sum += size[name]
			queue = append(queue, of[name]...)
		}
		if sum > most {
			most, largest = sum, page
		}
	}
	t.Logf("all modules have %d bytes; %s loads most, %d", total, largest, most)
	if most >= 120_000 {
		t.Errorf("%s loads %d bytes of modules, and may load 120,000", largest, most)
	}
}

// Several stores are shown as one, until one of them is replaced.
func TestSeveral(t *testing.T) {
	dir := t.TempDir()
	for name, o := range map[string]teststore.Options{"a": {Images: 20}, "b": {Pages: 20}} {
		made, err := teststore.Make(t.Context(), filepath.Join(dir, name), o)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(made, filepath.Join(dir, "store-"+name)); err != nil {
			t.Fatal(err)
		}
	}
	p := visit(t, Options{Store: filepath.Join(dir, "store-*")})
	for path, want := range map[string]int{"/api/showing/imagenet/19": http.StatusOK, "/api/rows/coco": http.StatusOK, "/api/showing/imagenet/999": http.StatusNotFound} {
		if status, body := p.get(path); status != want {
			t.Errorf("%s: %d %.200s, want %d", path, status, body, want)
		}
	}
	account := filepath.Join(dir, "store-b", store.File)
	if err := os.Rename(account, account+"2"); err != nil {
		t.Fatal(err)
	}
	want := http.StatusConflict
	if p.server.db.Kept() {
		want = http.StatusOK
	}
	if status, _ := p.get("/"); status != want {
		t.Errorf("a store that is gone: %d, want %d", status, want)
	}
}

// A store that is replaced while it is open goes on being shown, until somebody opens the new one. Nothing is of both.
func TestReplaced(t *testing.T) {
	parent := t.TempDir()
	made := map[int]string{}
	for _, n := range []int{30, 50} {
		dir, err := teststore.Make(t.Context(), filepath.Join(parent, fmt.Sprint(n)), teststore.Options{Images: n})
		if err != nil {
			t.Fatal(err)
		}
		made[n] = dir
	}
	p := visit(t, Options{Store: made[30], Compare: demo()})
	if !p.server.db.Kept() {
		t.Skip("files of the temporary folder cannot have two names")
	}
	total := func() int64 {
		t.Helper()
		var rows struct{ Total int64 }
		_, body := p.get("/api/rows/imagenet")
		if err := json.Unmarshal([]byte(body), &rows); err != nil {
			t.Fatal(err, body)
		}
		return rows.Total
	}
	counted := func() (n [2]int64) {
		t.Helper()
		var rows struct{ Data [][]int64 }
		_, body := p.sql("SELECT (SELECT count(*) FROM imagenet_annotations) AS a, (SELECT count(*) FROM imagenet_images) AS b")
		if err := json.Unmarshal([]byte(body), &rows); err != nil || len(rows.Data) != 2 {
			t.Fatal(err, body)
		}
		return [2]int64{rows.Data[0][0], rows.Data[1][0]}
	}
	before := total()
	p.get("/?part=numbers") // the statistics are computed
	_, showing := p.get("/api/showing/imagenet/7")
	if err := os.RemoveAll(made[30]); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(made[50], made[30]); err != nil {
		t.Fatal(err)
	}
	if n := counted(); n != [2]int64{before, 30} || total() != before { // the tables of SQL are opened only now
		t.Errorf("after the change: %v, want %d showings of 30 images", n, before)
	}
	if _, again := p.get("/api/showing/imagenet/7"); again != showing {
		t.Errorf("a showing has changed:\n%.300s\n%.300s", showing, again)
	}
	const bar = "The store was replaced by another ingest"
	if status, body := p.get("/stats/imagenet/counts"); status != http.StatusOK || !strings.Contains(body, bar) {
		t.Errorf("no page says that there is a newer store: %d", status)
	}
	var group sync.WaitGroup
	end := make(chan struct{})
	for range 4 {
		group.Go(func() {
			for {
				select {
				case <-end:
					return
				default:
				}
				if n := counted(); n[1] != 30 && n[1] != 50 || (n[1] == 30) != (n[0] == before) {
					t.Errorf("an answer of both stores: %v", n)
				}
			}
		})
	}
	r, _ := http.NewRequest("POST", p.base+"/reopen", nil)
	status, body := p.do(r)
	close(end)
	group.Wait()
	if status != http.StatusOK || strings.Contains(body, bar) {
		t.Errorf("the new store: %d", status)
	}
	if n := counted(); n != [2]int64{total(), 50} || n[0] == before {
		t.Errorf("the new store has %v", n)
	}
	status, body = p.get("/compare?set=imagenet")
	other := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(body)
	if status != http.StatusOK || other == "" || other == p.base {
		t.Fatalf("after the change the stores are not compared: %d, %q", status, other)
	}
	if r, _ := http.NewRequest("GET", other+"/i/imagenet", nil); r != nil {
		if status, _ := p.do(r); status != http.StatusOK {
			t.Errorf("the store to compare with: %d", status)
		}
	}
	if err := os.WriteFile(filepath.Join(made[30], store.File), []byte(`{"format_version": 99}`), 0o666); err != nil {
		t.Fatal(err)
	}
	r, _ = http.NewRequest("POST", p.base+"/reopen", nil)
	if status, body := p.do(r); status != http.StatusConflict || !strings.Contains(body, "99") {
		t.Errorf("a store of a newer format: %d %.300s", status, body)
	}
	if n := counted(); n[1] != 50 {
		t.Errorf("after a store that cannot be opened: %v", n)
	}
}

// Every page answers, and every link in it leads to a page that answers.
func TestLinks(t *testing.T) {
	p := visit(t, Options{Store: demo()})
	links := regexp.MustCompile(`(?:href|src|srcset)="(/[^"]*)"`)
	unescape := strings.NewReplacer("&amp;", "&", "&#43;", "+", "&#39;", "'", "&#34;", `"`, "&lt;", "<", "&gt;", ">")
	seen := map[string]int{}
	kind := regexp.MustCompile(`^/(i|w|h|s|stats)/[^/?]*/?|^/[a-z]+|^/`)
	queue := []string{"/", "/?part=numbers"}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		status, body := p.get(path)
		if status != http.StatusOK {
			t.Errorf("%s: %d: %s", path, status, regexp.MustCompile(`(?s)<main.*?</main>`).FindString(body))
		}
		for _, m := range links.FindAllStringSubmatch(body, -1) {
			to := unescape.Replace(m[1])
			k := kind.FindString(to)
			if _, ok := seen[to]; ok || seen[k] >= 40 && k != "/stats/imagenet/" && k != "/stats/coco/" {
				continue
			}
			seen[to] = 0
			seen[k]++
			queue = append(queue, to)
		}
	}
	if len(seen) < 120 {
		t.Errorf("only %d links", len(seen))
	}
}

// The rows that a statistic opens are as many as its n, where the units are showings, or images with a showing.
func TestRowsOfNumbers(t *testing.T) {
	s, base := serve(t, Options{Store: demo()})
	jar, _ := cookiejar.New(nil)
	p := &person{t, base, http.Client{Jar: jar}, s}
	p.get(strings.TrimPrefix(s.guard.address(), base))
	d, err := s.document(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, name := range []string{"counts", "click_accuracy", "off_centre", "random_clicks", "box_frame"} {
		st := d.Statistic("imagenet", name)
		for i := range st.Values {
			v := shownValue(s.numbers.finders["imagenet"], "imagenet", st, &st.Values[i])
			if !strings.HasPrefix(v.Rows, "/i/") || strings.HasPrefix(v.Of, "boxes") || strings.HasPrefix(v.Of, "clicks") || strings.HasPrefix(v.Of, "samples") || strings.HasPrefix(v.Of, "hovers") {
				continue
			}
			status, body := p.get("/api/rows" + strings.TrimPrefix(v.Rows, "/i"))
			var answer struct{ N int64 }
			if err := json.Unmarshal([]byte(body), &answer); err != nil || status != 200 {
				t.Fatalf("%s: %d %.200s", v.Rows, status, body)
			}
			address, _ := url.Parse(v.Rows)
			_, body = p.sql("SELECT count(*) FROM (" + address.Query().Get("q") + ") WHERE image_id NOT IN (SELECT image_id FROM imagenet_annotations)")
			var never struct{ Data [][]int64 }
			if err := json.Unmarshal([]byte(body), &never); err != nil || len(never.Data) != 1 {
				t.Fatal(err, body)
			}
			if answer.N != st.Values[i].N-never.Data[0][0] {
				t.Errorf("%s.%s is over %s %s, %d of them never shown, and the grid has %d", name, v.Name, v.N, v.Of, never.Data[0][0], answer.N)
			}
			checked++
		}
	}
	if checked < 15 {
		t.Errorf("only %d values were checked", checked)
	}
}

// The rows of a group are as many as its number says, for each measure that has one, and those in the numerator of a
// share are the share of them.
func TestGroups(t *testing.T) {
	s, base := serve(t, Options{Store: demo()})
	jar, _ := cookiejar.New(nil)
	p := &person{t, base, http.Client{Jar: jar}, s}
	p.get(strings.TrimPrefix(s.guard.address(), base))
	rows := func(to string) (n int64) {
		t.Helper()
		status, body := p.get("/api/rows" + strings.TrimPrefix(to, "/i"))
		var answer struct{ N int64 }
		if err := json.Unmarshal([]byte(body), &answer); err != nil || status != 200 {
			t.Fatalf("%s: %d %.300s", to, status, body)
		}
		return answer.N
	}
	r, _ := http.NewRequest("GET", "/", nil)
	checked, shares := 0, 0
	for _, set := range []string{"imagenet", "coco"} {
		for _, key := range s.keysOf(set) {
			d, err := s.by(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			by := &d.Statistic(set, "by_"+key).Tables[0]
			for i := range measures[set] {
				m := &measures[set][i]
				if status, body := p.get("/stats/" + set + "/by/" + key + "?value=" + m.Name); status != http.StatusOK || !strings.Contains(body, m.Title) && !strings.Contains(body, "All columns <") {
					t.Errorf("%s by %s: %d %.300s", m.Name, key, status, body)
				}
				shown, _ := s.measured(r, set, key, by, m)
				for _, row := range shown.Rows[:min(3, len(shown.Rows))] {
					if set == "coco" && (m.From != "" || key == "class") { // rows are pages, and n counts icons
						rows(row[0].To)
						if m.From != "" {
							rows(row[3].To)
						}
						continue
					}
					n := rows(row[3].To)
					if ui.Thousands(n) != row[3].Text {
						t.Errorf("%s of %s by %s: %d rows at %s, want %s", m.Name, row[0].Text, key, n, row[3].To, row[3].Text)
					}
					checked++
					if m.Counted != "" && strings.HasSuffix(row[1].Text, "%") && row[1].To != "" {
						if share := ui.Percent(float64(rows(row[1].To))/float64(n), 2); share != row[1].Text {
							t.Errorf("%s of %s by %s is %s, and its rows are %s", m.Name, row[0].Text, key, row[1].Text, share)
						}
						shares++
					}
				}
			}
		}
	}
	if checked < 100 || shares < 20 {
		t.Errorf("only %d groups and %d shares were checked", checked, shares)
	}
}

// The page of a HIT has all of its pages, one after the other, and the values of its rules; both it and the page of
// an annotator have others on the same images.
func TestHITPage(t *testing.T) {
	p := visit(t, Options{Store: demo()})
	for _, set := range []string{"imagenet", "coco"} {
		_, body := p.get("/h/" + set)
		id := regexp.MustCompile(`href="/h/` + set + `/([^"/?]+)"`).FindStringSubmatch(body)
		if id == nil {
			t.Fatalf("no HIT is linked: %.2000s", body)
		}
		column := map[string]string{"imagenet": "assignment_id", "coco": "hit_id"}[set]
		var pages struct{ Data [][]int64 }
		_, answer := p.sql("SELECT DISTINCT page_idx FROM " + set + "_annotations WHERE " + column + " = '" + id[1] + "' AND page_idx IS NOT NULL ORDER BY 1")
		if err := json.Unmarshal([]byte(answer), &pages); err != nil || len(pages.Data) != 1 || len(pages.Data[0]) < 2 {
			t.Fatal(err, answer)
		}
		status, body := p.get("/h/" + set + "/" + id[1])
		if status != http.StatusOK || strings.Count(body, "<strong>Page ") != len(pages.Data[0]) || !strings.Contains(body, "Least recall") || !strings.Contains(body, "Fewest pages") {
			t.Errorf("the page of HIT %s: %d %s", id[1], status, body)
		}
		for i, page := range pages.Data[0] {
			status, body := p.get(fmt.Sprintf("/p/%s/%s/%d?next", set, id[1], page))
			next := ""
			if i+1 < len(pages.Data[0]) {
				next = fmt.Sprintf(`data-next="/p/%s/%s/%d?next"`, set, id[1], pages.Data[0][i+1])
			}
			if status != http.StatusOK || strings.Contains(body, "data-next") != (next != "") || !strings.Contains(body, next) {
				t.Errorf("page %d does not lead to %s", page, next)
			}
		}
		if status, _ := p.get("/h/" + set + "/nobody"); status != http.StatusNotFound {
			t.Errorf("a HIT that is not there: %d", status)
		}
	}
	// Of the annotators, some have shared images: the numbers are those of the rows that they lead to.
	_, body := p.get("/w/imagenet")
	shared := 0
	for _, id := range regexp.MustCompile(`href="(/w/imagenet/[^"]+)"`).FindAllStringSubmatch(body, 5) {
		_, body := p.get(id[1])
		for _, m := range regexp.MustCompile(`<td class="number"><a href="(/i/imagenet[^"]*of=[^"]*)">([0-9,]+)</a></td>`).FindAllStringSubmatch(body, -1) {
			to := strings.NewReplacer("&amp;", "&", "&#43;", "+").Replace(m[1])
			_, answer := p.get("/api/rows" + strings.TrimPrefix(to, "/i"))
			var rows struct{ N int64 }
			if err := json.Unmarshal([]byte(answer), &rows); err != nil || ui.Thousands(rows.N) != m[2] {
				t.Errorf("%s leads to %d rows and says %s: %.300s", to, rows.N, m[2], answer)
			}
			shared++
		}
	}
	if shared == 0 {
		t.Error("nobody shares images")
	}
}
