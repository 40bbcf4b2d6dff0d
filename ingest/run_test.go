package ingest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/klauspost/compress/gzip"
	"github.com/parquet-go/parquet-go"

	"abtool/ingest/source"
	"abtool/internal/synth"
	"abtool/schema"
	"abtool/store"
)

// simulate writes a small data set and returns its folder.
func simulate(t testing.TB, set string, o synth.Options) string {
	t.Helper()
	o.Out = filepath.Join(t.TempDir(), set)
	run := synth.ImageNet
	if set == "coco" {
		run = synth.COCO
	}
	if _, err := run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return o.Out
}

// mustRun ingests into a new store and returns it.
func mustRun(t testing.TB, o Options) (string, *store.Account) {
	t.Helper()
	if o.Out == "" {
		o.Out = filepath.Join(t.TempDir(), "store")
	}
	s, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return o.Out, s
}

// contents maps every file below dir to the hash of its bytes.
func contents(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		sum := sha256.Sum256(data)
		rel, _ := filepath.Rel(dir, path)
		out[rel] = hex.EncodeToString(sum[:8])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func readTable[R any](t testing.TB, store, table string) []R {
	t.Helper()
	rows, err := parquet.ReadFile[R](filepath.Join(store, table+".parquet"))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// The bytes of a store do not depend on the number of workers.
func TestJobs(t *testing.T) {
	in := simulate(t, "imagenet", synth.Options{Images: 1000, Seed: 5, Dirty: 0.1, Boxes: true, AppleDouble: true})
	co := simulate(t, "coco", synth.Options{Images: 200, Seed: 5, Dirty: 0.1})
	var want map[string]string
	for _, jobs := range []int{1, 2, 7} {
		store, s := mustRun(t, Options{
			Sources:   []string{filepath.Join(in, "imagenet_ab.tar.gz"), filepath.Join(co, "coco_ab.json")},
			Boxes:     []string{filepath.Join(in, "boxes.tar.gz")},
			Instances: []string{filepath.Join(co, "instances_train2014.json")},
			Jobs:      jobs,
			groupRows: 64,
		})
		for _, d := range s.DataSets {
			checkAccount(t, store, d)
		}
		got := contents(t, store)
		if want == nil {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d jobs: %s", jobs, diff)
		}
	}
}

// checkAccount checks that what a data set's account says is what its tables hold.
func checkAccount(t *testing.T, made string, d store.DataSet) {
	t.Helper()
	var stored, rejected, rows int64
	for _, s := range d.Sources {
		if s.Records != s.Stored+s.Rejected {
			t.Errorf("%s: %d records are not %d stored and %d rejected", s.Name, s.Records, s.Stored, s.Rejected)
		}
		stored += s.Stored
		rejected += s.Rejected
		rows += s.Rows
	}
	rejects := readTable[schema.Reject](t, made, d.Name+"/rejects")
	left, nulled := int64(0), int64(0)
	for _, r := range rejects {
		if r.Kind == "record" {
			left++
		} else {
			nulled++
		}
	}
	sum := func(cs []store.Count) (n int64) {
		for _, c := range cs {
			n += c.Count
		}
		return n
	}
	if left != rejected || left != sum(d.Rejected) || nulled != sum(d.Nulled) {
		t.Errorf("%s: %d and %d rejects in the table, account has %d by source, %d and %d by reason",
			d.Name, left, nulled, rejected, sum(d.Rejected), sum(d.Nulled))
	}
	var seqs []int64
	if d.Name == "coco" {
		for _, r := range readTable[schema.COCOAnnotation](t, made, "coco/annotations") {
			seqs = append(seqs, r.Seq)
		}
	} else {
		for _, r := range readTable[schema.ImageNetAnnotation](t, made, "imagenet/annotations") {
			seqs = append(seqs, r.Seq)
		}
	}
	for i, s := range seqs {
		if s != int64(i) {
			t.Fatalf("%s: row %d has seq %d", d.Name, i, s)
		}
	}
	if int64(len(seqs)) != rows || d.Rows["annotations"] != rows {
		t.Errorf("%s: %d rows, account says %d and %d", d.Name, len(seqs), rows, d.Rows["annotations"])
	}
}

// damage is a line of the simulator's ledger.
type damage struct {
	Member   string `json:"member"`
	Record   int64  `json:"record"`
	Kind     string `json:"kind"`
	Field    string `json:"field"`
	Expected string `json:"expected"`
	Reason   string `json:"reason"`
}

func readLedger(t *testing.T, dir string) (list []damage) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "truth", "damage.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var d damage
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatal(err)
		}
		list = append(list, d)
	}
	return list
}

// Every record that the simulator damaged beyond use is rejected, and no other.
func TestLedger(t *testing.T) {
	for _, c := range []struct{ set, format, file string }{
		{"imagenet", "targz", "imagenet_ab.tar.gz"},
		{"imagenet", "jsonl", "imagenet_ab.jsonl"},
		{"coco", "json", "coco_ab.json"},
		{"coco", "jsonl", "coco_ab.jsonl"},
	} {
		t.Run(c.set+"/"+c.format, func(t *testing.T) {
			dir := simulate(t, c.set, synth.Options{Images: 2500, Seed: 11, Dirty: 0.3, Format: c.format})
			store, _ := mustRun(t, Options{Sources: []string{filepath.Join(dir, c.file)}})
			rejected, nulled := map[string]string{}, map[string]string{}
			for _, r := range readTable[schema.Reject](t, store, c.set+"/rejects") {
				at := fmt.Sprint(r.Record)
				if c.format == "targz" {
					at = *r.Member
				}
				if r.Kind == "record" {
					if c.format == "targz" && r.Reason == string(schema.Duplicate) {
						at += " again"
					}
					rejected[at] = r.Reason
				} else {
					nulled[at] = *r.Field + " " + r.Reason
				}
			}
			ledger := readLedger(t, dir)
			if len(ledger) < 500 {
				t.Fatalf("only %d damaged records", len(ledger))
			}
			missing := 0
			for _, d := range ledger {
				at := fmt.Sprint(d.Record)
				if c.format == "targz" {
					at = d.Member
					if d.Kind == "duplicate" {
						at += " again"
					}
				}
				switch d.Expected {
				case "reject":
					if _, ok := rejected[at]; !ok && missing < 10 {
						missing++
						t.Errorf("not rejected: %+v", d)
					}
					delete(rejected, at)
				case "null", "repair":
					if r, ok := rejected[at]; ok {
						t.Errorf("rejected as %s: %+v", r, d)
						delete(rejected, at)
					}
				}
			}
			for _, at := range slices.Sorted(maps.Keys(rejected)) {
				t.Errorf("rejected without damage: %s %s", at, rejected[at])
			}
		})
	}
}

// The same annotations are the same rows, however they are packed.
func TestPacking(t *testing.T) {
	var want []schema.ImageNetAnnotation
	for _, c := range []struct{ format, path string }{{"targz", "imagenet_ab.tar.gz"}, {"tar", "imagenet_ab.tar"}, {"folder", "train_xml"}} {
		dir := simulate(t, "imagenet", synth.Options{Images: 300, Seed: 3, Format: c.format, AppleDouble: true})
		store, _ := mustRun(t, Options{Sources: []string{filepath.Join(dir, c.path)}})
		rows := readTable[schema.ImageNetAnnotation](t, store, "imagenet/annotations")
		for i := range rows {
			rows[i].Source = ""
			if c.format == "folder" {
				rows[i].Seq = 0
			}
		}
		if c.format == "folder" { // read in the order of paths
			byImage := func(a, b schema.ImageNetAnnotation) int { return strings.Compare(a.ImageID, b.ImageID) }
			slices.SortStableFunc(rows, byImage)
			slices.SortStableFunc(want, byImage)
			for i := range want {
				want[i].Seq = 0
			}
		}
		if want == nil {
			want = rows
		}
		if diff := cmp.Diff(want, rows, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s differs: %.2000s", c.format, diff)
		}
	}
}

// A source that ends early or is damaged fails the run. The old store is unchanged, and no other files are
// left behind.
func TestDamaged(t *testing.T) {
	dir := simulate(t, "imagenet", synth.Options{Images: 2000, Seed: 1})
	co := simulate(t, "coco", synth.Options{Images: 300, Seed: 1})
	archive, err := os.ReadFile(filepath.Join(dir, "imagenet_ab.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	plain := plainBytes(t, archive)
	array, err := os.ReadFile(filepath.Join(co, "coco_ab.json"))
	if err != nil {
		t.Fatal(err)
	}
	flipped := slices.Clone(archive)
	flipped[len(flipped)-6] ^= 1 // within the checksum
	inside := slices.Clone(archive)
	copy(inside[len(inside)/2:], "not deflate data at all, hardly")
	header := slices.Clone(plain)
	header[20] ^= 1 // within the first member's name
	work := t.TempDir()
	store := filepath.Join(work, "store")
	mustRun(t, Options{Sources: []string{filepath.Join(dir, "imagenet_ab.tar.gz"), filepath.Join(co, "coco_ab.json")}, Out: store})
	before := contents(t, store)
	for _, c := range []struct {
		name    string
		data    []byte
		says    string
		records bool // some were read
	}{
		{"cut.tar.gz", archive[:len(archive)*2/3], "ends early, at byte", true},
		{"tiny.tar.gz", archive[:40], "ends early", false},
		{"checksum.tar.gz", flipped, "gzip checksum", true},
		{"garbled.tar.gz", inside, "get it again; the old store is unchanged", true},
		{"cut.tar", plain[:len(plain)/2+100], "ends early, at byte", true},
		{"header.tar", header, "the first header of this tar archive fails its checksum", false},
		{"short.tar", plain[:400], "ends early, at byte 400", false},
		{"noend.tar", plain[:len(plain)-1024], "ends early, at byte", true},
		{"cut.json", array[:len(array)/2], "within a JSON array", true},
		{"noend.json", array[:len(array)-1], "within a JSON array", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), c.name)
			if err := os.WriteFile(path, c.data, 0o644); err != nil {
				t.Fatal(err)
			}
			s, err := Run(t.Context(), Options{Sources: []string{path}, Out: store, Force: true})
			if !errors.Is(err, source.ErrDamaged) || !strings.Contains(fmt.Sprint(err), c.says) {
				t.Errorf("error %v", err)
			}
			if s == nil || s.Completed || c.records && s.Records() < 100 {
				t.Errorf("account %+v", s)
			}
			if diff := cmp.Diff(before, contents(t, store)); diff != "" {
				t.Errorf("the store changed: %s", diff)
			}
			if names := list(t, work); !slices.Equal(names, []string{"store"}) {
				t.Errorf("left behind: %v", names)
			}
			fresh := filepath.Join(t.TempDir(), "fresh")
			_, err = Run(t.Context(), Options{Sources: []string{path}, Out: fresh})
			if !strings.HasSuffix(fmt.Sprint(err), "; no store was written") {
				t.Errorf("without an old store, the error must say that no store was written: %v", err)
			}
		})
	}
}

func plainBytes(t testing.TB, data []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := out.ReadFrom(r); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func list(t testing.TB, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// Data sets that a run does not read stay as they are.
func TestKeepsOthers(t *testing.T) {
	in := simulate(t, "imagenet", synth.Options{Images: 300, Seed: 1})
	co := simulate(t, "coco", synth.Options{Images: 30, Seed: 1})
	made, _ := mustRun(t, Options{Sources: []string{filepath.Join(in, "imagenet_ab.tar.gz")}})
	before := contents(t, filepath.Join(made, "imagenet"))
	mine := filepath.Join(made, "report", "notes.txt") // not ours, and kept
	if err := os.Mkdir(filepath.Dir(mine), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(mine, []byte("notes"), 0o644); err != nil {
		t.Fatal(err)
	}
	mustRun(t, Options{Sources: []string{filepath.Join(co, "coco_ab.json")}, Out: made})
	if diff := cmp.Diff(before, contents(t, filepath.Join(made, "imagenet"))); diff != "" {
		t.Error(diff)
	}
	if text, err := os.ReadFile(mine); string(text) != "notes" {
		t.Errorf("the user's own file: %q, %v", text, err)
	}
	s, err := store.Read(made)
	if err != nil {
		t.Fatal(err)
	}
	if s.DataSet("imagenet") == nil || s.DataSet("coco") == nil || s.DataSets[0].Name != "imagenet" {
		t.Errorf("store.json has %+v", s.DataSets)
	}
	if _, err := Run(t.Context(), Options{Sources: []string{filepath.Join(co, "coco_ab.json")}, Out: made}); err == nil || !strings.Contains(err.Error(), "--force") {
		t.Errorf("the second time: %v", err)
	}
}

// What is not a store is not touched.
func TestNotAStore(t *testing.T) {
	co := simulate(t, "coco", synth.Options{Images: 5, Seed: 1})
	source := filepath.Join(co, "coco_ab.json")
	dir := t.TempDir()
	precious := filepath.Join(dir, "precious.txt")
	if err := os.WriteFile(precious, []byte("keep me"), 0o644); err != nil {
		t.Fatal(err)
	}
	for out, says := range map[string]string{dir: "has other files", precious: "is a file"} {
		_, err := Run(t.Context(), Options{Sources: []string{source}, Out: out, Force: true})
		if !errors.Is(err, store.ErrNotStore) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", out, err)
		}
	}
	if data, err := os.ReadFile(precious); err != nil || string(data) != "keep me" {
		t.Errorf("%q, %v", data, err)
	}
	newer := filepath.Join(t.TempDir(), "newer")
	if err := os.Mkdir(newer, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(newer, store.File), []byte(`{"format_version": 99}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), Options{Sources: []string{source}, Out: newer, Force: true}); !errors.Is(err, schema.ErrNewer) {
		t.Errorf("a newer store: %v", err)
	}
}

// Two runs cannot write one store.
func TestLock(t *testing.T) {
	co := simulate(t, "coco", synth.Options{Images: 5, Seed: 1})
	out := filepath.Join(t.TempDir(), "store")
	first, err := store.Create(out)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Sources: []string{filepath.Join(co, "coco_ab.json")}, Out: out}
	if _, err := Run(t.Context(), o); !errors.Is(err, store.ErrLocked) {
		t.Errorf("with the lock held: %v", err)
	}
	first.Close()
	mustRun(t, o)
}

func TestCancel(t *testing.T) {
	dir := simulate(t, "imagenet", synth.Options{Images: 5000, Seed: 1})
	work := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	seen := 0
	_, err := Run(ctx, Options{
		Sources: []string{filepath.Join(dir, "imagenet_ab.tar.gz")}, Out: filepath.Join(work, "store"), Jobs: 2,
		Stdin: nil, Progress: func(Progress) { seen++ },
	})
	if err != nil || seen == 0 {
		t.Fatalf("%d progress calls, %v", seen, err)
	}
	cancel()
	_, err = Run(ctx, Options{Sources: []string{filepath.Join(dir, "imagenet_ab.tar.gz")}, Out: filepath.Join(work, "other")})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if names := list(t, work); !slices.Equal(names, []string{"store"}) {
		t.Errorf("left behind: %v", names)
	}
}

// A row group can begin with a row that has a true zero (such rows are written another way).
func TestZeros(t *testing.T) {
	var in, co strings.Builder
	const n, cocoGroup = 2*100 + 50, 100
	for i := range n {
		x, at := "0.5", i
		if i%cocoGroup == 0 || i%7 == 0 {
			x, at = "0", 0
		}
		fmt.Fprintf(&co, `{"image_id": %d, "mouseTracking": [{"x": %s, "y": null, "timeAt": %d}, {"x": 0.25, "y": 1, "timeAt": 5}], "worker_id": "w%d"}`+"\n", i, x, at, i)
		fmt.Fprintf(&in, `{"imageID": "n01440764/n01440764_%d", "selectedRecord": [{"x": %s, "y": 0.0, "time": 1641431028640}]}`+"\n", i, x)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"in.jsonl": in.String(), "co.jsonl": co.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	store, _ := mustRun(t, Options{Sources: []string{filepath.Join(dir, "in.jsonl"), filepath.Join(dir, "co.jsonl")}, groupRows: cocoGroup})
	for i, r := range readTable[schema.COCOAnnotation](t, store, "coco/annotations") {
		want := []float64{0.5, float64(i)}
		if i%cocoGroup == 0 || i%7 == 0 {
			want = []float64{0, 0}
		}
		m := r.Mouse[0]
		if r.ImageID != int64(i) || m.X == nil || *m.X != want[0] || m.T == nil || *m.T != int64(want[1]) || m.Y != nil || *r.WorkerID != fmt.Sprintf("w%d", i) {
			t.Fatalf("row %d is %+v", i, r)
		}
	}
	rows := readTable[schema.ImageNetAnnotation](t, store, "imagenet/annotations")
	for i, r := range rows {
		c := r.Clicks[0]
		if c.X == nil || (*c.X == 0) != (i%cocoGroup == 0 || i%7 == 0) || c.Y == nil || *c.Y != 0 || fmt.Sprint(*c.Y) != "0" || *r.T0+*c.T != 1641431028640 {
			t.Fatalf("row %d is %+v", i, r)
		}
	}
	if len(rows) != n {
		t.Errorf("%d rows", len(rows))
	}
}

// A record over the limit is rejected, wherever it is, and reading goes on after it.
func TestTooLarge(t *testing.T) {
	big := `{"image_id": 2, "worker_id": "` + strings.Repeat("x]}[{,", 300_000) + `"}` // over four units
	one, three := `{"image_id": 1}`, `{"image_id": 3}`
	for name, text := range map[string]string{
		"array.json": "[" + one + ", " + big + ", " + three + "]",
		"last.json":  "[" + one + ", " + three + ", " + big + "]",
		"lines":      one + "\n" + big + "\n" + three + "\n",
		"values":     "{\n\"image_id\": 1}\n" + big + "\n" + three,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			made, s := mustRun(t, Options{Sources: []string{path}, Limits: store.Limits{Member: 1 << 20}})
			rows := readTable[schema.COCOAnnotation](t, made, "coco/annotations")
			if len(rows) != 2 || rows[0].ImageID != 1 || rows[1].ImageID != 3 {
				t.Errorf("%d rows", len(rows))
			}
			if diff := cmp.Diff([]store.Count{{Reason: string(schema.TooLarge), Count: 1}}, s.DataSets[0].Rejected); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestStrict(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.jsonl")
	if err := os.WriteFile(path, []byte("{\"image_id\": 1}\n{\"image_id\": 2, \"timeSpent\": -4}\nnonsense\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "store")
	if _, err := Run(t.Context(), Options{Sources: []string{path}, Out: out, Strict: true}); !errors.Is(err, ErrStrict) || !strings.Contains(err.Error(), "byte 16, timeSpent: negative: -4") {
		t.Errorf("strict: %v", err)
	}
	if _, err := Run(t.Context(), Options{Sources: []string{path, path}, Out: out, MaxRejects: 1}); !errors.Is(err, ErrTooMany) {
		t.Errorf("two rejects, one allowed: %v", err)
	}
	if _, err := os.Stat(out); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is a store: %v", err)
	}
	mustRun(t, Options{Sources: []string{path}, Out: out, MaxRejects: 1})
}

// XML and JSON of the same showings: the first one is kept (R4).
func TestMixedDuplicates(t *testing.T) {
	const xml = `<annotation><filename>n01440764_1</filename><metadata><assignment_id>A</assignment_id></metadata></annotation>`
	const lines = `{"imageID": "n01440764/n01440764_1", "assignment_id": "A"}
{"imageID": "n01440764/n01440764_1", "assignment_id": "B"}
{"imageID": "n01440764/n01440764_2", "assignment_id": "A"}
{"imageID": "n01440764/n01440764_2", "assignment_id": "A"}
`
	dir := t.TempDir()
	x, j := filepath.Join(dir, "a.xml"), filepath.Join(dir, "b.jsonl")
	for path, text := range map[string]string{x: xml, j: lines} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, s := mustRun(t, Options{Sources: []string{x, j}})
	if got := s.DataSets[0].Sources; got[0].Stored != 1 || got[1].Stored != 2 || got[1].Rejected != 2 {
		t.Errorf("XML first: %+v", got)
	}
	_, s = mustRun(t, Options{Sources: []string{j, x}})
	if got := s.DataSets[0].Sources; got[0].Stored != 3 || got[1].Rejected != 1 {
		t.Errorf("JSON first: %+v", got)
	}
}

// A process that dies at any moment leaves the old store or the new one, and the next run
// clears what it left.
func TestKilled(t *testing.T) {
	if os.Getenv("ABTOOL_TEST_CHILD") != "" {
		Run(t.Context(), Options{Sources: []string{os.Getenv("ABTOOL_TEST_CHILD")}, Out: os.Getenv("ABTOOL_TEST_OUT"), Force: true})
		return
	}
	work := t.TempDir()
	store := filepath.Join(work, "store")
	a := filepath.Join(simulate(t, "imagenet", synth.Options{Images: 2500, Seed: 1}), "imagenet_ab.tar.gz")
	b := filepath.Join(simulate(t, "imagenet", synth.Options{Images: 2500, Seed: 2}), "imagenet_ab.tar.gz")
	mustRun(t, Options{Sources: []string{b}, Out: store})
	second := contents(t, store)
	began := time.Now()
	mustRun(t, Options{Sources: []string{a}, Out: store, Force: true})
	whole := time.Since(began) + 100*time.Millisecond // and the start of a process
	first := contents(t, store)
	const kills = 10
	for i := range kills {
		c := exec.Command(os.Args[0], "-test.run", "^TestKilled$")
		c.Env = append(os.Environ(), "ABTOOL_TEST_CHILD="+b, "ABTOOL_TEST_OUT="+store)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(whole * time.Duration(i) / kills)
		c.Process.Kill()
		c.Wait()
		got := contents(t, store)
		if !maps.Equal(got, first) && !maps.Equal(got, second) {
			t.Fatalf("killed at %d of %d: the store is neither the old nor the new one", i, kills)
		}
	}
	mustRun(t, Options{Sources: []string{a}, Out: store, Force: true})
	if diff := cmp.Diff(first, contents(t, store)); diff != "" {
		t.Error(diff)
	}
	if names := list(t, work); !slices.Equal(names, []string{"store"}) {
		t.Errorf("left behind: %v", names)
	}
}

// A record of which nearly every field is unusable is rejected: its nulled fields would fill
// the memory.
func TestFlooded(t *testing.T) {
	text := `{"image_id": 1, "mouseTracking": [` + strings.Repeat(`{"x": "a", "y": "b"},`, 10_000/2+1) + `{}]}` + "\n" + `{"image_id": 1, "timeSpent": "x"}`
	path := filepath.Join(t.TempDir(), "x.jsonl")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	_, s := mustRun(t, Options{Sources: []string{path}})
	want := []store.Count{{Reason: string(schema.TooLong), Count: 1}}
	if d := s.DataSets[0]; d.Rows["annotations"] != 1 || d.Rows["rejects"] != 2 || !cmp.Equal(want, d.Rejected) {
		t.Errorf("%+v", d)
	}
}
