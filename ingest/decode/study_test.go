package decode

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"abtool/ingest/internal/randtext"
	"abtool/schema"
	"abtool/store"
)

// Records with the keys of studies.
const (
	studyShowing = `{"imageID":"c/i","selected":true,"selectedRecord":[{"x":0.5,"y":0.25,"time":1795448076162}],` +
		`"deselectedRecord":[{"x":0.5,"y":null,"time":1795448076500},{"x":0.75,"y":1,"time":1795448077500}],` +
		`"layout":[{"timeAt":12,"x":-3.5,"y":400,"width":324,"height":243}],"loadedAt":20,"loadFailed":false,"arm":"red","known":null,"gold":true}`
	studyPage = `{"image_id":9,"actionHistories":[{"actionType":"add","iconType":"cup","pointTo":{"x":0.5,"y":0.5},"timeAt":9,"via":"key"}],` +
		`"categoryHistories":[{"categoryIndex":1,"categoryName":"Animal","usingKeyboard":true,"timeAt":5,"via":"key"}],` +
		`"drags":[{"iconType":"cup","origin":"panel","outcome":"none","timeAt":1,"timeEnd":4,"pointFrom":{"x":-1,"y":2},"pointTo":null}],` +
		`"layout":[],"loadedAt":null,"loadFailed":true,"arm":"red","known":true,"gold":"yes"}`
)

func TestStudyKeys(t *testing.T) {
	in := readJSONText(studyShowing, ImageNet, store.Limits{})
	class := "c"
	want := schema.ImageNetAnnotation{
		ImageID: "i", Class: &class, Selected: new(true), T0: new(int64(1795448076000)),
		Clicks:    []schema.Point{{T: new(int64(162)), X: new(0.5), Y: new(0.25)}},
		Deselects: []schema.Point{{T: new(int64(500)), X: new(0.5)}, {T: new(int64(1500)), X: new(0.75), Y: new(1.0)}},
		Layout:    []schema.Place{{T: new(int64(12)), X: new(-3.5), Y: new(400.0), W: new(324.0), H: new(243.0)}},
		LoadT:     new(int64(20)), LoadFailed: new(false), Arm: new("red"), Gold: new(true),
	}
	if d := cmp.Diff([]schema.ImageNetAnnotation{want}, rowsOf(in), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	co := readJSONText(studyPage, COCO, store.Limits{})
	page := schema.COCOAnnotation{
		ImageID: 9, LoadFailed: new(true), Arm: new("red"), Known: new(true),
		Actions:  []schema.Action{{Type: new("add"), Icon: new("cup"), ToX: new(0.5), ToY: new(0.5), T: new(int64(9)), Via: new("key")}},
		Browsing: []schema.Browse{{CategoryIdx: new(int32(1)), Category: new("Animal"), Keyboard: new(true), T: new(int64(5)), Via: new("key")}},
		Drags:    []schema.Drag{{Icon: new("cup"), Origin: new("panel"), Outcome: new("none"), T: new(int64(1)), TEnd: new(int64(4)), FromX: new(-1.0), FromY: new(2.0)}},
	}
	if d := cmp.Diff([]schema.COCOAnnotation{page}, cocoRowsOf(co), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if d := cmp.Diff([]string{"gold not_boolean"}, nulledOf(co)); d != "" {
		t.Errorf("nulled: -want +got:\n%s", d)
	}
}

// The fast and the slow reader agree on records of studies, also with faults in them.
func TestStudyFastEqualsSlow(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 2000 {
		text, set := studyShowing, ImageNet
		if i%2 == 0 {
			text, set = studyPage, COCO
		}
		d := []byte(text)
		if i > 1 {
			d = randtext.Mutate(r, d)
		}
		checkJSON(t, d, set, store.Limits{})
	}
}

// Without a study among the sources, the keys of studies are as unknown: nothing is stored or rejected.
func TestWithoutStudy(t *testing.T) {
	for _, text := range []string{studyShowing, studyPage, `{"pages":[{"annotations":[` + studyShowing + `]}]}`, `{"page":{"annotation":` + studyPage + `}}`} {
		set := DataSetIn([]byte(text))
		b := NewBatch(store.Limits{}.WithDefaults(), Studies{})
		b.readElements(&Chunk{Form: Values, Set: set, Buf: []byte(text), Last: true})
		if b.Rows(set).Len() != 1 || len(b.Rejects) != 0 || b.Rows(set).Column("arm") != nil || b.Rows(set).Column("layout.x") != nil {
			t.Errorf("%d rows, rejects %v", b.Rows(set).Len(), b.Rejects)
		}
	}
	b := NewBatch(store.Limits{}.WithDefaults(), Studies{})
	b.readElements(&Chunk{Form: Values, Set: ImageNet, Buf: []byte(`{"annotatorID":"a","arm":"red","known":true}`), Last: true})
	if b.Headers != 1 {
		t.Errorf("a header with an arm: %d headers, rejects %v", b.Headers, b.Rejects)
	}
}
