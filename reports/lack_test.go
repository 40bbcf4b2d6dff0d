package reports

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"abtool/analysis"
	"abtool/ingest"
	"abtool/internal/usage"
)

// Records as pages of the front ends send them: without annotators, HITs and ground truth.
const (
	bareImageNet = `[{"imageID": "n00000001/n00000001_1", "selected": true, "selectedCount": 1,
		"selectedRecord": [{"x": 0.25, "y": 0.75, "time": 1641431028640}],
		"imageWidth": 200, "imageHeight": 100, "originalImageWidth": 400, "originalImageHeight": 200}]`
	bareCOCO = `[{"image_id": 9, "originalImageWidth": 400, "originalImageHeight": 200,
		"actionHistories": [{"actionType": "add", "iconType": "dog", "pointTo": {"x": 0.25, "y": 0.75}, "timeAt": 4243}]}]`
)

// storeOf ingests JSON records by their data set.
func storeOf(t *testing.T, records map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	out := filepath.Join(dir, "store")
	for set, text := range records {
		path := filepath.Join(dir, set+".json")
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		o := ingest.Options{Sources: []string{path}, As: set, Out: out}
		if _, err := ingest.Run(context.Background(), o); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// pointsAlone makes statistics without intervals.
var pointsAlone = analysis.Options{Bootstrap: -1, Seed: 1}

func bareStore(t *testing.T) string {
	t.Helper()
	return storeOf(t, map[string]string{"imagenet": bareImageNet, "coco": bareCOCO})
}

// A figure without data says what is missing and how to get it, under the title that it would have.
func TestMissing(t *testing.T) {
	out := filepath.Join(t.TempDir(), "report")
	r, err := Make(context.Background(), bareStore(t), Options{Out: out, Stats: pointsAlone})
	if err != nil {
		t.Fatal(err)
	}
	lacks := map[string]string{}
	for _, f := range r.Missing {
		lacks[f.Name] = f.Missing
	}
	files := contents(t, out)
	for name, want := range map[string]lack{
		"imagenet-random-clicks": noBoxes, "imagenet-box-frame": noBoxes, "imagenet-traces": noBoxes,
		"imagenet-calibration": noBoxes, "imagenet-workers": noWorkers, "imagenet-hits": noAssignments,
		"imagenet-scanning": noOrder, "imagenet-examples": noTraces,
		"coco-box-frame": noInstances, "coco-size-recall": noInstances, "coco-workers": noWorkers,
		"coco-hits": noHITs, "coco-examples": noTracesOnPage,
	} {
		if lacks[name] != string(want) {
			t.Errorf("%s lacks %q, want %q", name, lacks[name], want)
		}
		for _, file := range []string{"/index.html", "/report.md"} {
			if text := strings.ReplaceAll(files[file], `\_`, "_"); !strings.Contains(text, string(want)) {
				t.Errorf("%s does not say %q", file, want)
			}
		}
		if _, drawn := files["/figures/"+name+".svg"]; drawn {
			t.Errorf("%s is drawn without data", name)
		}
	}
	for _, name := range []string{"imagenet-maps", "coco-maps", "coco-sequences"} {
		if _, drawn := files["/figures/"+name+".svg"]; !drawn {
			t.Errorf("%s is not drawn: the clicks and icons are data", name)
		}
	}
	want := "Left: no data. " + string(noInstances) + " Right: 1 icons"
	if !strings.Contains(files["/index.html"], want) {
		t.Errorf("the caption of a figure with one of two plots does not say %q", want)
	}
}

// Without records every figure says that alone.
func TestNoRecords(t *testing.T) {
	empty := storeOf(t, map[string]string{"imagenet": "[]", "coco": "[]"})
	r, err := Make(context.Background(), empty, Options{Out: filepath.Join(t.TempDir(), "report"), Stats: pointsAlone})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Figures) > 0 || len(r.Missing) == 0 {
		t.Errorf("%d figures are drawn of no records, %d are not", len(r.Figures), len(r.Missing))
	}
	for _, f := range r.Missing {
		if f.Missing != string(noRecords) {
			t.Errorf("%s lacks %q, want %q", f.Name, f.Missing, noRecords)
		}
	}
}

// Draw returns what a figure lacks as an error.
func TestDrawMissing(t *testing.T) {
	d, err := analysis.Run(context.Background(), bareStore(t), analysis.Options{Bootstrap: -1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Draw(d, "imagenet-traces")
	if err == nil || !strings.Contains(err.Error(), string(noBoxes)) || usage.Is(err) {
		t.Errorf("drawing imagenet-traces without boxes: %v, want %q", err, noBoxes)
	}
}
