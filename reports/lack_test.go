package reports

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"abtool/analysis"
	"abtool/analysis/result"
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

// Sentences of figures about missing data.
const (
	wantNoRecords = "The store has no records. abtool info shows how many were rejected, and why."
	wantNoWorkers = "No record names its annotator. " +
		"Ingest records with a worker_id: dumps of the backend have it, pages of the front end do not."
	wantNoBoxes = "No image of the records has a ground-truth box. " +
		"Ingest the boxes of these images with --boxes."
	wantNoOrder = "No page has five clicks whose HIT, page, slot and time are known, the least number " +
		"for which an order is drawn."
	wantNoAssignments = "No record names its HIT. " +
		"Ingest records with an assignment_id: dumps of the backend have it, pages of the front end do not."
	wantNoInstances = "The store has no ground truth. Ingest it with --instances."
	wantNoHITs      = "No record names its HIT. " +
		"Ingest records with a hit_id: dumps of the backend have it, pages of the front end do not."
	wantNoTraces = "No image has a trace to draw, which needs a box, a final click, and mouse samples " +
		"with times between entering the image and the click."
	wantNoTracesOnPage = "No page has a trace to draw, which needs two icons that stay and several mouse " +
		"samples with times."
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
var pointsAlone = result.Options{Bootstrap: -1, Seed: 1}

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
	for name, want := range map[string]string{
		"imagenet-random-clicks": wantNoBoxes, "imagenet-box-frame": wantNoBoxes, "imagenet-traces": wantNoBoxes,
		"imagenet-calibration": wantNoBoxes, "imagenet-workers": wantNoWorkers, "imagenet-hits": wantNoAssignments,
		"imagenet-scanning": wantNoOrder, "imagenet-examples": wantNoTraces,
		"coco-box-frame": wantNoInstances, "coco-size-recall": wantNoInstances, "coco-workers": wantNoWorkers,
		"coco-hits": wantNoHITs, "coco-examples": wantNoTracesOnPage,
	} {
		if lacks[name] != want {
			t.Errorf("%s lacks %q, want %q", name, lacks[name], want)
		}
		for _, file := range []string{"/index.html", "/report.md"} {
			if text := strings.ReplaceAll(files[file], `\_`, "_"); !strings.Contains(text, want) {
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
	want := "Left: no data. " + wantNoInstances + " Right: 1 icons"
	if !strings.Contains(files["/index.html"], want) {
		t.Errorf("the caption of a figure with one of two plots does not say %q", want)
	}
}

// Without records, every figure says only that there are no records.
func TestNoRecords(t *testing.T) {
	empty := storeOf(t, map[string]string{"imagenet": "[]", "coco": "[]"})
	r, err := Make(context.Background(), empty,
		Options{Out: filepath.Join(t.TempDir(), "report"), Stats: pointsAlone})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Figures) > 0 || len(r.Missing) == 0 {
		t.Errorf("%d figures are drawn of no records, %d are not", len(r.Figures), len(r.Missing))
	}
	for _, f := range r.Missing {
		if f.Missing != wantNoRecords {
			t.Errorf("%s lacks %q, want %q", f.Name, f.Missing, wantNoRecords)
		}
	}
}

// Draw returns what a figure lacks as an error.
func TestDrawMissing(t *testing.T) {
	d, err := analysis.Run(context.Background(), bareStore(t), result.Options{Bootstrap: -1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Draw(d, "imagenet-traces")
	if err == nil || !strings.Contains(err.Error(), wantNoBoxes) || usage.Is(err) {
		t.Errorf("drawing imagenet-traces without boxes: %v, want %q", err, wantNoBoxes)
	}
}
