package collect

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"abtool/collect/platform"
	"abtool/internal/imagefile"
	"abtool/internal/parallel"
	"abtool/internal/replace"
	"abtool/internal/ui"
	"abtool/internal/usage"
)

//go:embed templates/*
var templates embed.FS

// InitOptions say what Init makes.
type InitOptions struct {
	Dir      string
	Task     string // Browse, Tag
	Images   string // folder
	Classes  string // CSV file; "" without
	Truth    string // CSV file of images whose class is known; "" without
	Title    string // "": a default for the task
	Contact  string
	Open     bool                // whoever has the address may take part
	Platform string              // that sends annotators; "" or link: none
	Edit     func(*Settings)     // changes the settings before they are written; may be nil
	Progress func(done, all int) // may be nil; called by one goroutine at a time
}

// Inited says what Init made.
type Inited struct {
	Images  int
	Classes int
	Skipped []string // reasons, for images that cannot be shown
	Notes   []string
}

// Init makes the folder of a study: settings, texts, keys, and the list of its images.
func Init(ctx context.Context, o InitOptions) (*Inited, error) {
	if o.Task != Browse && o.Task != Tag {
		return nil, usage.Errorf("--task %q: it is browse or tag", o.Task)
	}
	if _, ok := platform.New(cmp.Or(o.Platform, platform.NameLink)); !ok {
		return nil, usage.Errorf("--platform %q: it is link, prolific, mturk or sona", o.Platform)
	}
	if IsStudy(o.Dir) {
		return nil, fmt.Errorf("%s is a study already: edit its %s, or choose another folder", o.Dir, SettingsFile)
	}
	if list, err := os.ReadDir(o.Dir); err == nil && len(list) > 0 {
		return nil, fmt.Errorf("%s is not empty: a study needs a folder for itself", o.Dir)
	}
	if info, err := os.Stat(o.Images); err != nil {
		return nil, err
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s is not a folder: images are shown from files in a folder", o.Images)
	}
	var table *classTable
	if o.Classes != "" {
		var err error
		if table, err = readClassFile(o.Classes); err != nil {
			return nil, err
		}
	}
	r := new(Inited)
	images, err := r.list(ctx, o)
	if err != nil {
		return nil, err
	}
	s := Defaults(o.Task)
	s.Study.ID = idOf(o.Dir)
	if o.Title != "" {
		s.Study.Title = o.Title
	}
	s.Study.Contact = o.Contact
	s.Platform, _ = platform.New(o.Platform)
	s.Platform.Link.Open = o.Open
	if s.Images.Folder, err = within(o.Dir, o.Images); err != nil {
		return nil, err
	}
	if o.Edit != nil {
		o.Edit(&s)
	}
	if images, err = r.inClasses(images, table, o); err != nil {
		return nil, err
	}
	classes, err := r.classes(images, table, o)
	if err != nil {
		return nil, err
	}
	if o.Truth != "" {
		others, err := addTruth(images, o.Truth)
		if err != nil {
			return nil, err
		}
		if others > 0 {
			r.Notes = append(r.Notes, fmt.Sprintf("%s names %s that the study does not have", o.Truth, ui.Quantity(others, "image")))
		}
	}
	r.Images, r.Classes = len(images), len(classes)
	return r, write(o.Dir, s, images, classes)
}

// idOf makes the id of a study from the name of its folder.
func idOf(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	id := regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(filepath.Base(dir)), "-")
	id = strings.Trim(id, "-")
	if id = strings.Trim(id[:min(len(id), 40)], "-"); id == "" {
		return "study"
	}
	return id
}

// within returns a path relative to dir if it is in dir, else as an absolute path.
func within(dir, path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	base, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if rel, err := filepath.Rel(base, absolute); err == nil && filepath.IsLocal(rel) {
		return rel, nil
	}
	return absolute, nil
}

// shown are the formats that browsers show.
var shown = map[string]bool{"jpeg": true, "png": true, "webp": true, "bmp": true, "gif": true}

// list reads all images of a folder.
func (r *Inited) list(ctx context.Context, o InitOptions) ([]Image, error) {
	found, err := imagefile.Open(o.Images)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	r.Notes = found.Notes()
	type read struct {
		image Image
		err   error
	}
	buffers := make([]bytes.Buffer, parallel.Workers(0))
	var images []Image
	err = parallel.InOrder(ctx, 0, found.Len(), func(worker, i int) (read, error) {
		m := Image{ID: found.ID(i), Class: found.Class(i), Path: filepath.ToSlash(found.Name(i))}
		b := &buffers[worker]
		b.Reset()
		if err := found.Read(i, b); err != nil {
			return read{m, err}, nil
		}
		width, height, format, err := imagefile.Size(b.Bytes())
		if err == nil && !shown[format] {
			err = fmt.Errorf("browsers do not show %s", format)
		}
		if err == nil {
			err = imagefile.Whole(b.Bytes())
		}
		sum := sha256.Sum256(b.Bytes())
		m.Width, m.Height, m.SHA256 = width, height, hex.EncodeToString(sum[:])
		return read{m, err}, nil
	}, func(i int, x read) error {
		if o.Progress != nil {
			o.Progress(i+1, found.Len())
		}
		if x.err != nil {
			r.Skipped = append(r.Skipped, fmt.Sprintf("%s: %v", x.image.Path, x.err))
			return nil
		}
		if _, err := os.Stat(filepath.Join(o.Images, filepath.FromSlash(x.image.Path))); err != nil {
			return fmt.Errorf("images are shown from files: unpack the shards of %s first", o.Images)
		}
		images = append(images, x.image)
		return nil
	})
	if err == nil && len(images) == 0 {
		err = fmt.Errorf("no image of %s can be shown: %s", o.Images, r.Skipped[0])
	}
	return images, err
}

// inClasses leaves out the images of a browse study that lie beside the folders of classes.
func (r *Inited) inClasses(images []Image, table *classTable, o InitOptions) ([]Image, error) {
	if o.Task != Browse || table != nil && table.of != nil {
		return images, nil
	}
	const advice = "put images into a folder for each class, or give --classes FILE with the columns image,class"
	var in []Image
	for _, m := range images {
		if m.Class != "" {
			in = append(in, m)
		}
	}
	if len(in) == 0 {
		return nil, fmt.Errorf("%s has no class, nor has another image: %s", images[0].Path, advice)
	}
	for _, m := range images {
		if m.Class == "" {
			r.Skipped = append(r.Skipped, fmt.Sprintf("%s: it is in no folder of a class: %s", m.Path, advice))
		}
	}
	return in, nil
}

// classes gives images their classes, and returns the classes of the study.
func (r *Inited) classes(images []Image, table *classTable, o InitOptions) ([]Class, error) {
	if o.Task == Tag {
		number(images)
		for i := range images {
			images[i].Class = ""
		}
		if table == nil {
			return coco80()
		}
		for _, c := range table.classes {
			if c.Superclass == "" {
				return nil, fmt.Errorf("%s: the icon %q has no superclass: a tag study needs the columns class and superclass", o.Classes, c.ID)
			}
		}
		return table.classes, nil
	}
	if table != nil && table.of != nil {
		if err := give(images, table.of, o.Classes); err != nil {
			return nil, err
		}
	}
	have := map[string]bool{}
	for _, m := range images {
		have[m.Class] = true
	}
	described := map[string]Class{}
	if table != nil {
		for _, c := range table.classes {
			described[c.ID] = c
		}
	}
	var unused []string
	for id := range described {
		if !have[id] {
			unused = append(unused, id)
		}
	}
	if len(unused) > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%s describes classes that no image is for: %d, such as %q", o.Classes, len(unused), slices.Min(unused)))
	}
	var classes []Class
	var without []string
	for _, id := range slices.Sorted(maps.Keys(have)) {
		c, ok := described[id]
		if !ok {
			c = Class{ID: id, Name: strings.ReplaceAll(id, "_", " ")}
			without = append(without, id)
		}
		classes = append(classes, c)
	}
	if len(without) > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("annotators see the names of folders (%d) as names of classes, such as %q: %s can give better ones, and definitions",
			len(without), without[0], ClassesFile))
	}
	return classes, nil
}

// give sets the classes of images by their ids or names.
func give(images []Image, of map[string]string, file string) error {
	for i := range images {
		m := &images[i]
		m.Class = ""
		for _, name := range m.names() {
			if m.Class == "" {
				m.Class = of[name]
			}
		}
		if m.Class == "" {
			return fmt.Errorf("%s has no line for the image %s", file, m.Path)
		}
	}
	return nil
}

// number makes the ids of images whole numbers, as COCO's are: those in the names of the files if they differ,
// else those of the lines.
func number(images []Image) {
	digits := regexp.MustCompile(`[0-9]+`)
	seen := map[int64]bool{}
	var numbers []int64
	for _, m := range images {
		all := digits.FindAllString(m.ID, -1)
		if len(all) == 0 {
			break
		}
		n, err := strconv.ParseInt(all[len(all)-1], 10, 53)
		if err != nil || seen[n] {
			break
		}
		seen[n] = true
		numbers = append(numbers, n)
	}
	for i := range images {
		if len(numbers) == len(images) {
			images[i].ID = strconv.FormatInt(numbers[i], 10)
		} else {
			images[i].ID = strconv.Itoa(i + 1)
		}
	}
}

func coco80() ([]Class, error) {
	t, err := readClasses(strings.NewReader(coco))
	if err != nil {
		return nil, err
	}
	return t.classes, nil
}

// write writes the files of a new study. study.toml comes last: it makes the folder a study.
func write(dir string, s Settings, images []Image, classes []Class) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if err := makeKeys(dir); err != nil {
		return err
	}
	if err := replace.File(filepath.Join(dir, ImagesFile), func(w io.Writer) error { return writeLines(w, images) }); err != nil {
		return err
	}
	if err := replace.File(filepath.Join(dir, ClassesFile), func(w io.Writer) error { return writeLines(w, classes) }); err != nil {
		return err
	}
	t, err := template.New("").Funcs(template.FuncMap{"quote": quote}).ParseFS(templates, "templates/*")
	if err != nil {
		return err
	}
	for _, name := range append(fileNames(), SettingsFile) {
		var b bytes.Buffer
		if err := t.ExecuteTemplate(&b, name, s); err != nil {
			return err
		}
		if err := replace.Bytes(filepath.Join(dir, name), b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// quote returns a text as a string of TOML, whose escapes are those of JSON.
func quote(text string) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // & is in addresses of databases
	err := e.Encode(text)
	return strings.TrimSuffix(b.String(), "\n"), err
}

// fileNames returns the names of the files of texts.
func fileNames() (names []string) {
	for _, t := range texts {
		names = append(names, t+".md")
	}
	return names
}

// Blanks returns the places of the texts that are still to be filled in, such as [contact], by file.
func (s *Study) Blanks() (blanks []string) {
	for _, name := range texts {
		for _, found := range blank.FindAllStringSubmatch(s.Texts[name], -1) {
			blanks = append(blanks, name+".md: "+strings.Join(strings.Fields(found[1]), " "))
		}
	}
	return blanks
}

// blank is a text in brackets. Links of Markdown are brackets too, but ( follows.
var blank = regexp.MustCompile(`(\[[^\]\[]+\])(?:[^(]|$)`)
