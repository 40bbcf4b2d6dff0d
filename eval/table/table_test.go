package table

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"abtool/eval/classes"
	"abtool/eval/metric"
	"abtool/eval/outputs"
	"abtool/eval/sets"
	"abtool/internal/stat"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// network returns a network that is right with some probability, which differs by seed.
func network(t testing.TB, name string, seed uint64, share float64) *metric.Network {
	t.Helper()
	about := outputs.About{Network: name, Arch: "resnet50", Weights: strings.Repeat("0676ba61", 8),
		Classes: 1000, ImageNet: true}
	set := func(kind, name, view string, expected int, notes ...string) {
		about.Sets = append(about.Sets, outputs.SetAbout{Kind: kind, Name: name, View: view, Expected: expected,
			Notes: notes})
	}
	const crop = "resize-crop:256:bilinear"
	set(sets.ImageNet, "imagenet", crop, 50000, "expected 50,000 images, found 400")
	set(sets.V2, "v2", crop, 10000)
	set(sets.V2, "v2-top-images", crop, 10000)
	set(sets.A, "a", crop, 7500)
	set(sets.C, "c", "crop", 3750000)
	set(sets.O, "o", crop, 2000)
	set(sets.R, "r", crop, 30000)
	set(sets.Occlusion, "occlusion-112", crop+", hole 112", 50000)
	set(sets.ObjectNet, "objectnet", "border 2, "+crop, 18574)
	set(sets.SISize, "si-size", crop, 92884)
	set(sets.Backgrounds, "backgrounds", "asis", 32400)
	n := metric.NewNetwork(about, func(path string) ([]int32, bool) {
		if strings.HasSuffix(path, "7.JPEG") {
			return nil, true
		}
		return []int32{classes.O()[0]}, true
	})
	rng := rand.New(rand.NewPCG(seed, 1))
	add := func(set, group, path string, label, right int32) {
		r := outputs.Row{Set: set, Group: group, Path: path, Labels: []int32{label}, Best: right}
		if rng.Float64() > share {
			r.Best = 999
		}
		r.Top5, r.BestA, r.BestR, r.BestO, r.BestObjectNet = []int32{r.Best}, r.Best, r.Best, r.Best, r.Best
		r.ConfidenceO = rng.Float32()
		if set == "o" {
			r.ConfidenceO *= 0.9
		}
		if err := n.Add(&r); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 400 {
		val := fmt.Sprintf("ILSVRC2012_val_%08d.JPEG", i)
		k := classes.O()[i%3]
		add("imagenet", "", val, k, k)
		add("occlusion-112", "112", val, k, k)
		for _, set := range []string{"v2", "v2-top-images", "a", "o", "objectnet"} {
			add(set, "", fmt.Sprint(set, i), k, k)
		}
		add("r", []string{"art", "toy"}[i%2], fmt.Sprint("r", i), k, k)
		add("si-size", []string{"0.1", "0.5", "1"}[i%3], fmt.Sprint("s", i), k, k)
		for _, v := range []string{"original", "mixed_same", "mixed_rand"} {
			add("backgrounds", v, fmt.Sprint(v, i), 0, 250)
		}
		for s := 1; s <= 5; s++ {
			add("c", fmt.Sprint("fog/", s), val, k, k)
		}
	}
	if err := n.Finish(); err != nil {
		t.Fatal(err)
	}
	return n
}

// golden compares text with a file.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := "testdata/" + name
	if *update {
		if err := os.MkdirAll("testdata", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs: look at it after go test ./eval/table -update. Got:\n%s", file, got)
	}
}

func TestText(t *testing.T) {
	one := Make([]*metric.Network{network(t, "resnet50.safetensors", 1, 0.7)})
	two := Make([]*metric.Network{network(t, "none", 1, 0.7), network(t, "luab", 2, 0.75)})
	for _, c := range []struct {
		name  string
		table *Table
		o     Options
	}{{"one.txt", one, Options{}}, {"two.txt", two, Options{}}, {"two-all.txt", two, Options{All: true}}} {
		var b bytes.Buffer
		if err := c.table.WriteText(&b, c.o); err != nil {
			t.Fatal(err)
		}
		golden(t, c.name, b.Bytes())
		for line := range strings.Lines(b.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 100 {
				t.Errorf("%s: a line has %d columns: %s", c.name, n, line)
			}
		}
	}
	var b bytes.Buffer
	if err := two.WriteMarkdown(&b, Options{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "two.md", b.Bytes())
}

// The rows of the paper are in its order, and its other columns are missing.
func TestColumns(t *testing.T) {
	table := Make([]*metric.Network{network(t, "x", 1, 0.7)})
	var got []string
	for _, r := range table.Rows {
		if r.Column != "" {
			got = append(got, r.Column)
		}
	}
	for _, m := range table.Missing {
		got = append(got, "missing "+m.Column)
	}
	want := "IN-1k IN-V2 IN-Real IN-A IN-C IN-O IN-R Cocc ObjNet SI-size BGC-gap missing Sketch missing SI-loc missing SI-rot missing BGC-acc"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("columns %s\nwant %s", s, want)
	}
}

// JSON and CSV have every number, and CSV every difference and published value.
func TestFormats(t *testing.T) {
	table := Make([]*metric.Network{network(t, "none", 1, 0.7), network(t, "luab", 2, 0.75)})
	var b bytes.Buffer
	if err := table.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var back Table
	if err := json.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if len(back.Rows) != len(table.Rows) || back.Rows[0].Cells[1].Value != table.Rows[0].Cells[1].Value {
		t.Errorf("JSON has %d rows, want %d", len(back.Rows), len(table.Rows))
	}
	b.Reset()
	if err := table.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, r := range rows[1:] {
		count[r[0]]++
	}
	published := 0
	for _, r := range table.Rows {
		published += len(r.Published)
	}
	if count["value"] != 2*len(table.Rows) || count["difference"] != len(table.Rows) ||
		count["published"] != published || published < 20 {
		t.Errorf("CSV has %v, want %d rows and %d published values", count, len(table.Rows), published)
	}
}

// A number that only one network has is a row, at its place, without a difference.
func TestDifferentSets(t *testing.T) {
	a, b := network(t, "a", 1, 0.7), network(t, "b", 2, 0.7)
	a.Sets = a.Sets[:1]
	a.About.Sets = a.About.Sets[:1]
	b.About.Sets[0].View = "squash:bicubic"
	table := Make([]*metric.Network{a, b})
	at := map[string]int{}
	for i, r := range table.Rows {
		at[r.ID] = i
	}
	v2 := table.Rows[at["v2.top1"]]
	if v2.Cells[0] != nil || v2.Cells[1] == nil || v2.Differences != nil ||
		at["v2.top1"] < at["imagenet.top1"] || at["v2.top1"] > at["a.subset"] {
		t.Errorf("row %d: %+v", at["v2.top1"], v2)
	}
	if d := table.Rows[at["imagenet.top1"]].Differences; len(d) != 1 || d[0] == nil {
		t.Errorf("differences %v", d)
	}
	if text := strings.Join(table.Notes, "\n"); !strings.Contains(text,
		"IN-1k: network 1 saw resize-crop:256:bilinear, and network 2 saw squash:bicubic") {
		t.Errorf("notes %s", text)
	}
	var w bytes.Buffer
	if err := table.WriteText(&w, Options{}); err != nil {
		t.Fatal(err)
	}
}

// Published values are plausible shares of known numbers.
func TestPublished(t *testing.T) {
	for _, r := range references() {
		if r.Value <= 0 && r.id != "a.subset" || r.Value > 1.1 || r.Network == "" || r.Source == "" {
			t.Errorf("%+v", r)
		}
	}
	if n := len(references()); n != 361 {
		t.Errorf("%d published values, want 361", n)
	}
}

// A network with other classes has no columns of the paper, and nothing of it is missing.
func TestOtherClasses(t *testing.T) {
	about := outputs.About{Network: "runs/garments", Arch: "resnet10", Classes: 10, Sets: []outputs.SetAbout{
		{Name: "spurious", Kind: sets.Folder, View: "resize-crop:73:bilinear", Unreadable: 1},
		{Name: "plain", Kind: sets.Folder, View: "resize-crop:73:bilinear",
			Notes: []string{"no folder for 1 of the 10 classes"}},
	}}
	n := metric.NewNetwork(about, nil)
	for i := range 30 {
		for _, s := range about.Sets {
			r := outputs.Row{Set: s.Name, Path: fmt.Sprint(i), Labels: []int32{3}, Best: 3, Top5: []int32{3, 1}}
			if r.Best += int32(i % 3); s.Name == "spurious" && i == 0 {
				r.Unreadable, r.Best = true, -1
			}
			if err := n.Add(&r); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := n.Finish(); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := Make([]*metric.Network{n}).WriteText(&b, Options{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "folder.txt", b.Bytes())
}

// Numbers that are not of outputs are in one table, with the differences that there are, and a note that all networks
// have is written once.
func TestOf(t *testing.T) {
	tau := 0.25
	column := func(name string, value float64, notes ...string) Column {
		x := Number{Label: "MaxBoxAcc", View: "squash", Threshold: &tau}
		x.ID, x.Set, x.What, x.Value, x.N = "some.max-box-acc", "some", "boxes agree", stat.Number(value), 50
		y := Number{Label: "a part", Part: true, View: "squash"}
		y.ID, y.Set, y.What, y.Value, y.N = "some.part", "some", "parts agree", stat.Number(value/2), 50
		return Column{Network: Network{Name: name}, Numbers: []Number{x, y}, Notes: notes}
	}
	first, second := column("first", 0.5, "all", "one"), column("second", 0.6, "all")
	second.Differences = []metric.Difference{metric.Paired("some.max-box-acc", 50, [2]int64{5, 10})}
	table := Of("Maps", []Column{first, second})
	var w bytes.Buffer
	if err := table.WriteText(&w, Options{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Maps in %, with 95 % intervals", "MaxBoxAcc      50.00                60.00            50",
		"  a part       25.00                30.00            50", "MaxBoxAcc      +10.00  −4.93 to +24.93  0.3018       5      10       21.34  unclear",
		"some: boxes agree; threshold 0.250 / 0.250", "  all\n  network 1: one\n",
	} {
		if !strings.Contains(w.String(), want) {
			t.Errorf("%q is not in\n%s", want, w.String())
		}
	}
	if table.Rows[1].Differences != nil || len(table.Missing) > 0 {
		t.Errorf("%+v, missing %v", table.Rows[1], table.Missing)
	}
}
