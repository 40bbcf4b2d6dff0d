package reports

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"abtool/eval/metric"
	"abtool/eval/outputs"
	"abtool/eval/sets"
	"abtool/eval/table"
	"abtool/reports/internal/golden"
)

// answers returns a network that answers the validation images and the images of set A: it is wrong for every
// wrong-th image.
func answers(t *testing.T, name string, wrong int) *metric.Network {
	t.Helper()
	about := outputs.About{Version: "test", Network: name, Arch: "resnet18", Weights: strings.Repeat(name[:1], 64), Classes: 1000, ImageNet: true,
		Sets: []outputs.SetAbout{
			{Name: "imagenet", Kind: sets.ImageNet, View: "resize-crop:256:bilinear", Images: 400, Expected: 50000},
			{Name: "a", Kind: sets.A, View: "resize-crop:256:bilinear", Images: 200, Expected: 7500}}}
	n := metric.NewNetwork(about, nil)
	for _, s := range about.Sets {
		for i := range s.Images {
			right := int32(6 + 5*(i%2)) // classes that set A has too
			best := right
			if i%wrong == 0 {
				best = 17 - right
			}
			row := outputs.Row{Set: s.Name, Path: fmt.Sprintf("ILSVRC2012_val_%08d.JPEG", i+1), Labels: []int32{right}, Best: best, Top5: []int32{best}, BestA: best, BestR: best, BestO: best, BestObjectNet: best}
			if err := n.Add(&row); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := n.Finish(); err != nil {
		t.Fatal(err)
	}
	return n
}

// The page of an evaluation has the numbers of the table, and pictures of values and differences.
func TestEvaluation(t *testing.T) {
	networks := table.Make([]*metric.Network{answers(t, "none", 3), answers(t, "luab", 5)})
	dir := t.TempDir()
	page, err := Evaluation(networks, dir)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Evaluation of none, luab", "66.50", "80.00", "400", "50,000", "Network 2 minus network 1", "data:image/svg"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, name := range []string{"table.csv", "table.md", "figures/networks.svg", "figures/networks-dark.png", "figures/differences.png"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	var read table.Table
	b, err := os.ReadFile(filepath.Join(dir, "table.json"))
	if err == nil {
		err = json.Unmarshal(b, &read)
	}
	if err != nil || len(read.Networks) != 2 || read.Networks[1].Name != "luab" {
		t.Errorf("table.json has networks %+v: %v", read.Networks, err)
	}
	for _, f := range evaluationFigures(networks) {
		f.Name = "evaluation-" + f.Name
		golden.Check(t, f)
	}
	if one := evaluationFigures(table.Make([]*metric.Network{answers(t, "none", 3)})); len(one) != 1 {
		t.Errorf("one network has %d figures, want one: there is no difference to draw", len(one))
	}
}
