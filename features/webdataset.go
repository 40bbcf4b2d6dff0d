package features

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// webWriter writes WebDataset shards: tar files whose members go together by the name before the
// first dot,
//
//	shard-000000.tar
//	  n01440764_105.jpg     the image, as it is in the folder
//	  n01440764_105.cls     the class_index, in digits (ImageNet)
//	  n01440764_105.json    {"image_id": …, "targets": [{…}, …]}: a target for each row
//
// with a new shard after each DefaultShard images.
type webWriter struct {
	job     *job
	out     *output
	folder  string
	perFile int
	tar     *tar.Writer
	shards  int
	inShard int
	missing int64
	id      int // place of the column
	class   int
	index   int
	file    int // −1: none
}

func openWebDataset(o *output, j *job) (encoder, error) {
	if j.Table != "targets" {
		return nil, usage("--format webdataset is of targets, not of %s", j.Table)
	}
	if j.Images == "" {
		return nil, usage("--format webdataset puts the images into its shards: say where they are with --images")
	}
	if info, err := os.Stat(j.Images); err != nil {
		return nil, fmt.Errorf("the images: %w", err)
	} else if !info.IsDir() {
		return nil, usage("--images %s: it is no folder", j.Images)
	}
	w := &webWriter{job: j, out: o, folder: j.Images, perFile: j.Shard, file: -1}
	if w.perFile == 0 {
		w.perFile = DefaultShard
	}
	if w.perFile < 1 {
		return nil, usage("--shard %d: a shard has at least one image", w.perFile)
	}
	for i := range j.cols {
		switch j.cols[i].Name {
		case "image_id":
			w.id = i
		case "class":
			w.class = i
		case "class_index":
			w.index = i
		case "file_name":
			w.file = i
		}
	}
	return w, nil
}

// A webSample is an image of a batch.
type webSample struct {
	key, class string
	index      int64
	places     []string // where it may be
	json       []byte
}

func (w *webWriter) encode(b *batch) (any, error) {
	var out []webSample
	last := ""
	for row := range b.rows {
		key := w.key(b, row)
		if key != last || len(out) == 0 {
			if len(out) > 0 {
				out[len(out)-1].json = append(out[len(out)-1].json, "]}"...)
			}
			out = append(out, w.sample(b, row, key))
			last = key
		}
		s := &out[len(out)-1]
		if s.json[len(s.json)-1] == '}' {
			s.json = append(s.json, ',')
		}
		s.json = append(s.json, '{')
		for i := range w.job.cols {
			if i > 0 {
				s.json = append(s.json, ',')
			}
			s.json = append(appendJSONText(s.json, w.job.cols[i].Name), ':')
			s.json = w.job.cols[i].appendJSON(s.json, &b.cols[i], row)
		}
		s.json = append(s.json, '}')
	}
	if len(out) > 0 {
		out[len(out)-1].json = append(out[len(out)-1].json, "]}"...)
	}
	return out, nil
}

// key names an image; it has no dot.
func (w *webWriter) key(b *batch, row int) string {
	if w.file >= 0 {
		return fmt.Sprintf("%012d", b.cols[w.id].ints[row])
	}
	return strings.Map(func(r rune) rune {
		if r == '.' || r == '/' || r == '\\' {
			return '_'
		}
		return r
	}, b.cols[w.id].texts[row])
}

func (w *webWriter) sample(b *batch, row int, key string) webSample {
	s := webSample{key: key, class: b.cols[w.class].texts[row], index: b.cols[w.index].ints[row]}
	s.json = append([]byte(`{"image_id":`), w.job.cols[w.id].appendJSON(nil, &b.cols[w.id], row)...)
	s.json = append(s.json, `,"targets":[`...)
	if w.file >= 0 {
		s.places = []string{b.cols[w.file].texts[row]}
		return s
	}
	id := b.cols[w.id].texts[row]
	for _, ext := range []string{".JPEG", ".jpg", ".jpeg", ".png"} {
		if s.class != "" {
			s.places = append(s.places, filepath.Join(s.class, id+ext))
		}
		s.places = append(s.places, id+ext)
	}
	return s
}

func (w *webWriter) append(made any) error {
	for _, s := range made.([]webSample) {
		if err := w.add(&s); err != nil {
			return err
		}
	}
	return nil
}

// add adds an image, if it is there.
func (w *webWriter) add(s *webSample) error {
	in, err := w.find(s.places)
	if err != nil {
		return err
	}
	if in == nil {
		w.missing++
		return nil
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if err := w.shard(); err != nil {
		return err
	}
	ext := strings.ToLower(filepath.Ext(in.Name()))
	if ext == ".jpeg" {
		ext = ".jpg"
	}
	if err := w.member(s.key+ext, info.Size(), in); err != nil {
		return err
	}
	if w.file < 0 && s.index >= 0 {
		text := strconv.FormatInt(s.index, 10)
		if err := w.member(s.key+".cls", int64(len(text)), strings.NewReader(text)); err != nil {
			return err
		}
	}
	return w.member(s.key+".json", int64(len(s.json)), strings.NewReader(string(s.json)))
}

// find opens the first of the places that is a file of the folder; nil: none is.
func (w *webWriter) find(places []string) (*os.File, error) {
	for _, p := range places {
		if !filepath.IsLocal(p) { // a name from the input leads nowhere else
			continue
		}
		f, err := os.Open(filepath.Join(w.folder, p))
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return nil, nil
}

// shard begins a shard where the one at hand is full.
func (w *webWriter) shard() error {
	if w.tar != nil && w.inShard < w.perFile {
		w.inShard++
		return nil
	}
	if w.tar != nil {
		if err := w.tar.Close(); err != nil {
			return err
		}
	}
	f, err := w.out.create(fmt.Sprintf("shard-%06d.tar", w.shards))
	if err != nil {
		return err
	}
	w.tar, w.inShard = tar.NewWriter(f), 1
	w.shards++
	return nil
}

// member writes a member that is the same on every run.
func (w *webWriter) member(name string, size int64, from io.Reader) error {
	if err := w.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: size, Format: tar.FormatUSTAR}); err != nil {
		return err
	}
	n, err := io.Copy(w.tar, from)
	if err == nil && n != size {
		return fmt.Errorf("%s changed while it was read", name)
	}
	return err
}

func (w *webWriter) close() error {
	if w.missing > 0 {
		w.job.sum.LeftOut = append(w.job.sum.LeftOut, Count{"images that are not in " + w.folder, w.missing})
	}
	if w.tar == nil && w.missing == 0 {
		return errors.New("there is no image to write: no target has been derived. abtool stats STORE counts says what the store has; --all also takes images without a point")
	}
	if w.tar == nil {
		return fmt.Errorf("none of the %d images is in %s: ImageNet's are looked for as class/id.JPEG and id.JPEG (.jpg, .jpeg, .png), COCO's by their file names", w.missing, w.folder)
	}
	return w.tar.Close()
}
