package sets

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"abtool/eval/classes"
	"abtool/internal/synth/evalsets"
)

var synthetic = sync.OnceValues(func() (*evalsets.Result, error) {
	return evalsets.Write(evalsets.Options{Out: syntheticDir, Seed: 5, Images: 1, Size: 56})
})

var syntheticDir string

func TestMain(m *testing.M) {
	var err error
	if syntheticDir, err = os.MkdirTemp("", "evalsets"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(syntheticDir)
	os.Exit(code)
}

func open(t *testing.T, args ...string) *Collection {
	t.Helper()
	c, err := Open(args, classes.ImageNet())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// right returns the number of images whose colour is a class that they accept, and of those that cannot be read.
func right(t *testing.T, s *Set) (right, damaged int) {
	t.Helper()
	nine := classes.ToIN9()
	for i, im := range s.Images {
		var b bytes.Buffer
		if err := s.Read(i, &b); err != nil {
			t.Fatal(err)
		}
		decoded, _, err := image.Decode(&b)
		if err != nil {
			damaged++
			continue
		}
		middle := decoded.Bounds().Max.Div(2)
		red, green, blue, _ := decoded.At(middle.X, middle.Y).RGBA()
		k := int32(evalsets.Class(float64(red>>8), float64(green>>8), float64(blue>>8)))
		if s.Kind == Backgrounds {
			k = nine[k]
		}
		if slices.Contains(im.Labels, k) {
			right++
		}
	}
	return right, damaged
}

// Every layout is read, by name and by looking, and its images accept the classes that they were painted for.
func TestLayouts(t *testing.T) {
	res, err := synthetic()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range res.Sets {
		t.Run(a.Set, func(t *testing.T) {
			place := filepath.Join(syntheticDir, filepath.FromSlash(a.Place))
			named := open(t, a.Set+"="+place)
			looked := open(t, place)
			for _, c := range []*Collection{named, looked} {
				if len(c.Sets) != 1 || len(c.Sets[0].Images) != a.Images {
					t.Fatalf("%d sets are in %s, want 1 with %d images", len(c.Sets), place, a.Images)
				}
			}
			s := named.Sets[0]
			if n, damaged := right(t, s); n != a.Right || damaged != a.Damaged {
				t.Errorf("%d images accept their colour's class and %d are damaged, want %d and %d",
					n, damaged, a.Right, a.Damaged)
			}
			paths := map[string]bool{}
			for _, im := range s.Images {
				paths[im.Path()] = true
			}
			if len(paths) != len(s.Images) || !slices.EqualFunc(s.Images, looked.Sets[0].Images, same) {
				t.Errorf("%d images have %d paths; looking must give the same images", len(s.Images), len(paths))
			}
			if n, l := named.Sets[0], looked.Sets[0]; n.Kind != l.Kind {
				t.Errorf("named, it is of kind %s, and by looking of kind %s", n.Kind, l.Kind)
			}
			want := strings.TrimSuffix(a.Set, "-flat")
			if k := named.Sets[0].Kind; k != want {
				t.Errorf("kind %s, want %s", k, want)
			}
		})
	}
}

// The folder above all sets gives all of them, and so does the file of sets.
func TestMany(t *testing.T) {
	res, err := synthetic()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, a := range res.Sets {
		if a.Set != "imagenet-flat" {
			want = append(want, a.Set)
		}
	}
	slices.Sort(want)
	c := open(t, filepath.Join(syntheticDir, "sets.toml"))
	var got []string
	for _, s := range c.Sets {
		got = append(got, s.Name)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) || c.Real == nil || len(c.Notes) != 0 {
		t.Errorf("sets.toml gives %v (ReaL: %v; %v), want %v", got, c.Real != nil, c.Notes, want)
	}
	si := open(t, "si="+filepath.Join(syntheticDir, "si-score"))
	if len(si.Sets) != 3 {
		t.Errorf("si-score has %d sets, want 3", len(si.Sets))
	}
	all := open(t, syntheticDir)
	if len(all.Sets) != len(want) {
		t.Errorf("the folder above all sets gives %d sets, want %d: %v", len(all.Sets), len(want), all.Notes)
	}
	wants(t, strings.Join(all.Notes, "\n"), "imagenet-flat is left out", "real.json is not used")
	_, err = Open([]string{syntheticDir, filepath.Join(syntheticDir, "imagenet-flat", "val")}, classes.ImageNet())
	if err == nil || !strings.Contains(err.Error(), "two sets have the name imagenet") {
		t.Errorf("two folders of validation images give %v, want an error about their name", err)
	}
}

// Labels in every format give the same images.
func TestFlatLabels(t *testing.T) {
	if _, err := synthetic(); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(syntheticDir, "imagenet-flat")
	place := "imagenet=" + filepath.Join(dir, "val")
	want := open(t, place).Sets[0]
	for _, name := range []string{"imagenet_2012_validation_synset_labels.txt", "class_labels.txt", "val.txt",
		"Annotation"} {
		s := open(t, place, "labels="+filepath.Join(dir, "other-labels", name)).Sets[0]
		if !slices.EqualFunc(s.Images, want.Images, same) {
			t.Errorf("%s gives other labels than LOC_val_solution.csv", name)
		}
	}
	kit := "labels=" + filepath.Join(dir, "other-labels", "ILSVRC2012_validation_ground_truth.txt")
	s := open(t, place, kit, "ids="+filepath.Join(dir, "ids", "table.txt")).Sets[0]
	if !slices.EqualFunc(s.Images, want.Images, same) {
		t.Error("the numbers of the development kit give other labels than LOC_val_solution.csv")
	}
	_, err := Open([]string{place, kit}, classes.ImageNet())
	if err == nil || !strings.Contains(err.Error(), "ILSVRC2012_ID") || !strings.Contains(err.Error(), "ids=FILE") {
		t.Errorf("the numbers of the development kit without a table give %v", err)
	}
}

func same(a, b Image) bool { return a.Path() == b.Path() && slices.Equal(a.Labels, b.Labels) }

// touch makes empty files.
func touch(t *testing.T, dir string, names ...string) string {
	t.Helper()
	for _, n := range names {
		at := filepath.Join(dir, filepath.FromSlash(n))
		if err := os.MkdirAll(filepath.Dir(at), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// notes returns the notes of the only set of some arguments.
func notes(t *testing.T, args ...string) string {
	t.Helper()
	return strings.Join(open(t, args...).Sets[0].Notes, "\n")
}

func wants(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%q is missing in:\n%s", p, text)
		}
	}
}

func TestV2Folders(t *testing.T) {
	dir := touch(t, t.TempDir(), "0/a.jpeg", "1/a.jpeg", "10/a.jpeg", "2/a.jpeg", "x/a.jpeg", "007/a.jpeg")
	s := open(t, "v2-top-images="+dir).Sets[0]
	got := map[string]int32{}
	for _, im := range s.Images {
		got[im.Path()] = im.Labels[0]
	}
	if len(got) != 4 || got["10/a.jpeg"] != 10 || got["2/a.jpeg"] != 2 || s.Name != "v2-top-images" || s.Kind != V2 {
		t.Errorf("%s %s: %v", s.Name, s.Kind, got)
	}
	wants(t, strings.Join(s.Notes, "\n"), "expected 10,000 images, found 4",
		"expected images of 1,000 classes, found images of 4",
		"2 folders with no class of the set are left out: 007, x")
	part := touch(t, t.TempDir(), "0/a.jpeg", "1/a.jpeg")
	_, err := Open([]string{part}, classes.ImageNet())
	if err == nil || !strings.Contains(err.Error(), "it has 2 of them, and ImageNet-V2 has 1,000") {
		t.Errorf("two folders of numbers give %v", err)
	}
}

// The validation images of ImageNet-1k are not ImageNet-V2, whatever they are called.
func TestNotV2(t *testing.T) {
	dir := touch(t, t.TempDir(), "n01440764/ILSVRC2012_val_00000293.JPEG")
	if _, err := Open([]string{"v2=" + dir}, classes.ImageNet()); err == nil || !strings.Contains(err.Error(), "give them as imagenet=") {
		t.Errorf("validation images as v2 give %v", err)
	}
}

// An empty line in a file whose lines are numbered would shift all labels after it.
func TestEmptyLine(t *testing.T) {
	dir := touch(t, t.TempDir(), "val/ILSVRC2012_val_00000001.JPEG", "val/ILSVRC2012_val_00000002.JPEG")
	file := filepath.Join(dir, "synsets.txt")
	for text, want := range map[string]string{"n01440764\n\nn01443537\n": "line 2 is empty", "n01440764\nn01443537\n\n": ""} {
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := Open([]string{"imagenet=" + filepath.Join(dir, "val"), "labels=" + file}, classes.ImageNet())
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("labels %q give %v, want %q", text, err, want)
		}
	}
}

// Folders of the published set that are missing are named, and folders of other classes are not in the set.
func TestSubsetFolders(t *testing.T) {
	var names []string
	for _, k := range classes.A()[3:] {
		names = append(names, classes.ImageNet()[k]+"/0.1_a_0.2.jpg")
	}
	dir := touch(t, t.TempDir(), append(names, "n01440764/0.1_a_0.2.jpg", "n01498041/notes.txt", "README.txt")...)
	s := open(t, "a="+dir).Sets[0]
	if len(s.Images) != 197 {
		t.Errorf("%d images, want 197", len(s.Images))
	}
	wants(t, strings.Join(s.Notes, "\n"),
		"2 of the 200 folders of the published set are missing: n01531178, n01534433",
		"1 folder that the published set does not have is left out: n01440764",
		"1 file with no name of an image is left out: n01498041/notes.txt", "expected 7,500 images, found 197")
}

// Classes of images have the published numbers of images, or a note says which do not.
func TestImageNetNotes(t *testing.T) {
	dir := touch(t, t.TempDir(), "n01440764/ILSVRC2012_val_00000001.JPEG", "n01443537/ILSVRC2012_val_00000009.JPEG",
		"n01443537/more/x.JPEG", "n00000000/ILSVRC2012_val_00000010.JPEG", "n01484850/.hidden.JPEG",
		"ILSVRC2012_val_00000011.JPEG")
	wants(t, notes(t, "imagenet="+dir), "expected 50,000 images, found 2", "n01440764 has 1",
		"1 folder with no images is left out: n01484850",
		"1 folder with no class of the set is left out: n00000000", "left out: n01443537/more",
		"1 image with no folder of a class is left out: ILSVRC2012_val_00000011.JPEG",
		"_00000001.JPEG is of class 65 (n01751748) in the published labels, and of class 0 (n01440764) here")
	flat := touch(t, t.TempDir(), "ILSVRC2012_val_00000001.JPEG")
	_, err := Open([]string{"imagenet=" + flat}, classes.ImageNet())
	if err == nil || !strings.Contains(err.Error(), "labels=FILE") {
		t.Errorf("images without labels give %v", err)
	}
}

// The folder of a corruption gives its part of ImageNet-C, and missing folders are named.
func TestCorruptions(t *testing.T) {
	dir := touch(t, t.TempDir(), "weather/fog/3/n01440764/a.JPEG", "weather/fog/4/n01440764/a.JPEG",
		"extra/saturate/1/n01440764/a.JPEG")
	s := open(t, "c="+dir).Sets[0]
	if len(s.Images) != 3 || s.Images[0].Group != "saturate/1" || s.Images[1].Group != "fog/3" ||
		s.Expected != 16*5*50000 {
		t.Errorf("%+v, %d expected", s.Images, s.Expected)
	}
	wants(t, strings.Join(s.Notes, "\n"), "77 of the 80 folders", "fog/3 has 1")
	part := open(t, filepath.Join(dir, "weather", "fog")).Sets[0]
	if part.Kind != C || len(part.Images) != 2 || part.Images[0].Group != "fog/3" {
		t.Errorf("weather/fog: %s, %+v", part.Kind, part.Images)
	}
}

// The images of ImageNet-C are many, and what they have in common is in memory once.
func TestMemory(t *testing.T) {
	dir := t.TempDir()
	const wnids, each = 10, 50
	for _, corruption := range meanCorruptions {
		for _, wnid := range classes.ImageNet()[:wnids] {
			var names []string
			for i := range each {
				names = append(names, fmt.Sprintf("%s/3/%s/ILSVRC2012_val_%s%05d.JPEG", corruption, wnid, wnid[6:], i))
			}
			touch(t, dir, names...)
		}
	}
	allocated := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := allocated()
	s := open(t, "c="+dir).Sets[0]
	n := len(s.Images)
	if n != len(meanCorruptions)*wnids*each || s.Images[n-1].Path() != "zoom_blur/3/"+classes.ImageNet()[wnids-1]+
		"/ILSVRC2012_val_"+classes.ImageNet()[wnids-1][6:]+"00049.JPEG" {
		t.Errorf("%d images, the last is %s", n, s.Images[n-1].Path())
	}
	size := float64(allocated()-before) / float64(n)
	t.Logf("%.1f bytes an image", size)
	if size > 48 {
		t.Errorf("an image of ImageNet-C takes %.0f bytes", size)
	}
	runtime.KeepAlive(s)
}

func TestObjectNetTable(t *testing.T) {
	dir := touch(t, t.TempDir(), "images/pen/a.png", "images/wok/a.png", "images/apron/a.png")
	s := open(t, "objectnet="+dir).Sets[0]
	if len(s.Images) != 2 || !slices.Equal(s.Images[0].Labels, []int32{418, 749, 563}) || s.Border != 2 {
		t.Errorf("%+v, border %d", s.Images, s.Border)
	}
	wants(t, strings.Join(s.Notes, "\n"), "1 folder that ImageNet-1k has no class for is left out",
		"111 of the 113 folders", "expected 18,574 images, found 2")
}

// Without metadata.csv there are no groups, and a note says which number is missing.
func TestSIScoreWithoutMetadata(t *testing.T) {
	dir := touch(t, t.TempDir(), "hedgehog/1.jpg", "kite/2.jpg")
	s := open(t, "si-size="+dir).Sets[0]
	if len(s.Images) != 2 || s.Images[0].Labels[0] != 334 || s.Images[0].Group != "" {
		t.Errorf("%+v", s.Images)
	}
	wants(t, strings.Join(s.Notes, "\n"), "metadata.csv is missing", "object_size/metadata.csv",
		"expected 92,884 images, found 2")
}

// Groups of SI-Score are values of the factor.
func TestSIScoreGroups(t *testing.T) {
	if _, err := synthetic(); err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[string]string{"si-size": "0.01 0.5 1", "si-location": "0,0 0,0.5 0.5,0 1,1",
		"si-rotation": "1 21 341"} {
		s := open(t, "si="+filepath.Join(syntheticDir, "si-score"))
		i := slices.IndexFunc(s.Sets, func(s *Set) bool { return s.Kind == kind })
		groups := map[string]bool{}
		for _, im := range s.Sets[i].Images {
			groups[im.Group] = true
		}
		var got []string
		for g := range groups {
			got = append(got, g)
		}
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%s has the groups %v, want %s", kind, got, want)
		}
	}
}

// A network with other classes can be evaluated on folders of them, and not on sets of ImageNet's classes.
func TestOtherClasses(t *testing.T) {
	names := []string{"shirt", "coat", "hat"}
	dir := touch(t, t.TempDir(), "hat/a.png", "shirt/a.png")
	for _, arg := range []string{dir, "folder-mine=" + dir, "folder=" + dir} {
		c, err := Open([]string{arg}, names)
		if err != nil {
			t.Fatal(err)
		}
		s := c.Sets[0]
		if s.Kind != Folder || len(s.Images) != 2 || s.Images[0].Labels[0] != 2 || s.Images[1].Labels[0] != 0 {
			t.Errorf("%s: %+v", arg, s)
		}
		wants(t, strings.Join(s.Notes, "\n"), "no folder for 1 of the 3 classes of the network: coat")
	}
	_, err := Open([]string{"a=" + dir}, names)
	if err == nil || !strings.Contains(err.Error(), "1,000 classes of ImageNet-1k") ||
		!strings.Contains(err.Error(), "folder=DIR") {
		t.Errorf("set a with three classes gives %v", err)
	}
	touch(t, dir, "shoe/a.png")
	if _, err := Open([]string{"folder=" + dir}, names); err == nil || !strings.Contains(err.Error(), "shoe") {
		t.Errorf("a folder that is not a class gives %v", err)
	}
}

// A network with the nine classes of the Backgrounds Challenge is evaluated on it.
func TestNineClasses(t *testing.T) {
	var names []string
	for _, e := range classes.IN9() {
		names = append(names, e.Name)
	}
	dir := touch(t, t.TempDir(), "mixed_rand/val/08_fish/a.JPEG", "fg_mask/val/08_fish/a.npy",
		"original/val/02_wheeled vehicle/a b.JPEG")
	c, err := Open([]string{dir}, names)
	if err != nil {
		t.Fatal(err)
	}
	s := c.Sets[0]
	if s.Kind != Backgrounds || len(s.Images) != 2 ||
		s.Images[0].Path() != "original/val/02_wheeled vehicle/a b.JPEG" ||
		s.Images[0].Labels[0] != 2 || s.Images[1].Labels[0] != 8 || s.Images[1].Group != "mixed_rand" {
		t.Errorf("%+v", s)
	}
	wants(t, strings.Join(s.Notes, "\n"), "variant mixed_same is missing", "mixed_rand has 1")
}

// The layout of Kaggle's archive: images in one folder, and labels four folders above.
func TestKaggle(t *testing.T) {
	dir := touch(t, t.TempDir(), "ILSVRC/Data/CLS-LOC/val/ILSVRC2012_val_00000001.JPEG",
		"ILSVRC/Data/CLS-LOC/train/n01440764/a.JPEG")
	text := "ImageId,PredictionString\nILSVRC2012_val_00000001,n01751748 111 108 370 339 \n"
	if err := os.WriteFile(filepath.Join(dir, "LOC_val_solution.csv"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, arg := range []string{"imagenet=" + dir, dir, filepath.Join(dir, "ILSVRC"),
		filepath.Join(dir, "ILSVRC", "Data", "CLS-LOC", "val")} {
		s := open(t, arg).Sets[0]
		if s.Kind != ImageNet || len(s.Images) != 1 || s.Images[0].Labels[0] != 65 {
			t.Errorf("%s: %+v", arg, s)
		}
		if text := strings.Join(s.Notes, "\n"); strings.Contains(text, "another order") {
			t.Errorf("%s: %s", arg, text)
		}
	}
}

func TestReal(t *testing.T) {
	file := filepath.Join(t.TempDir(), "real.json")
	if err := os.WriteFile(file, []byte("[[], [970, 795], [230, 231]]"), 0o666); err != nil {
		t.Fatal(err)
	}
	r, err := ReadReal(file)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"n1/ILSVRC2012_val_00000001.JPEG": "[] true", "ILSVRC2012_val_00000002.JPEG": "[970 795] true",
		"ILSVRC2012_val_00000004.JPEG": "[] false", "x.JPEG": "[] false", "ILSVRC2012_val_00000000.JPEG": "[] false",
	} {
		labels, known := r.Labels(path)
		if got := fmt.Sprint(labels, known); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	wants(t, strings.Join(r.Notes, "\n"), "expected 50,000 lists, found 3",
		"not the published file: 1 of its lists are empty")
	c := open(t, "real="+file, "v2="+touch(t, t.TempDir(), "1/a.jpeg"))
	wants(t, strings.Join(c.Notes, "\n"), "real: the labels are left out")
}

func TestOpenErrors(t *testing.T) {
	dir := touch(t, t.TempDir(), "x/y.txt")
	list := filepath.Join(dir, "sets.toml")
	if err := os.WriteFile(list, []byte("v2 = \"nowhere\"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	c := open(t, list)
	wants(t, strings.Join(c.Notes, "\n"), "v2: ", "does not exist and is left out")
	for _, c := range []struct{ arg, want string }{
		{"v2=" + filepath.Join(dir, "none"), "opening set v2"}, {"v2=",
			"give NAME=DIR"}, {filepath.Join(dir, "x"), "is not a known set"},
		{"foldr=" + dir, "begins with no kind of set; did you mean folder? The kinds are imagenet, v2"},
		{"photographs=" + dir, "opening set photographs: its name begins with no kind of set. The kinds are"},
		{"imagenetv-2=" + dir, "did you mean imagenet-v2?"}, {"raal=" + dir, "did you mean real?"},
		{"backgrounds=" + dir, "none of the variants"}, {"c=" + dir, "no folders <corruption>/<severity>"},
	} {
		if _, err := Open([]string{c.arg}, classes.ImageNet()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s gives %v, want %q", c.arg, err, c.want)
		}
	}
}

// Occluded shares the images and keeps the set.
func TestOccluded(t *testing.T) {
	s := &Set{Kind: ImageNet, Name: "imagenet", Images: []Image{NewImage("a", nil, "")}}
	o := s.Occluded(112)
	if o.Kind != Occlusion || o.Name != "occlusion-112" || o.Images[0].Group != "112" ||
		s.Images[0].Group != "" || s.Kind != ImageNet {
		t.Errorf("%+v of %+v", o, s)
	}
}

// A folder of shards is read by the labels in them.
func TestShards(t *testing.T) {
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "000.tar"))
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(f)
	for _, member := range [][2]string{{"one.cls", "hat"}, {"one.jpg", "bytes of one"}, {"two.cls", "coat"},
		{"two.jpg", "bytes of two"}} {
		if err := w.WriteHeader(&tar.Header{Name: member[0], Size: int64(len(member[1])), Mode: 0o666}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(member[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	c, err := Open([]string{"folder=" + dir}, []string{"coat", "hat"})
	if err != nil {
		t.Fatal(err)
	}
	s := c.Sets[0]
	var b bytes.Buffer
	if len(s.Images) != 2 || s.Images[0].Labels[0] != 1 || s.Read(0, &b) != nil || b.String() != "bytes of one" {
		t.Errorf("%+v, read %q", s.Images, b.String())
	}
}

// A folder can be the working folder.
func TestWorkingFolder(t *testing.T) {
	dir := touch(t, t.TempDir(), "fog/3/n01440764/a.JPEG")
	t.Chdir(filepath.Join(dir, "fog"))
	s := open(t, ".").Sets[0]
	if s.Kind != C || len(s.Images) != 1 || s.Images[0].Group != "fog/3" {
		t.Errorf("%s: %+v", s.Kind, s.Images)
	}
}
