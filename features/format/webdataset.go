package format

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"abtool/features/targetfile"
	"abtool/internal/imagefile"
	"abtool/internal/usage"
)

// A webWriter writes WebDataset shards: tar files in which members with the same name before the first dot
// belong together,
//
//	shard-000000.tar
//	  n01440764_105.jpg     the image: the unchanged bytes of its file
//	  n01440764_105.cls     the class_index, in digits (ImageNet)
//	  n01440764_105.json    {"image_id": …, "targets": [{…}, …]} with a target for each row
//
// A new shard begins after every DefaultShard images.
type webWriter struct {
	table   *Table
	out     *Output
	images  *imagefile.Index
	perFile int
	tar     *tar.Writer
	shards  int
	inShard int
	missing int64
	bad     int64        // number of images whose file is not an image
	badFile string       // the first such file, and the kind of its content
	buffer  bytes.Buffer // content of an image's file
	id      int          // index of the column image_id
	class   int
	index   int
	file    int // −1: none
}

func openWebDataset(o *Output, t *Table) (targetfile.Writer, error) {
	if t.Table != "targets" {
		return nil, usage.Errorf("--format webdataset is for targets, not for %s", t.Table)
	}
	if o.options.Images == "" {
		return nil, usage.Errorf("--format webdataset packs the images into shards: say where they are with --images")
	}
	w := &webWriter{
		table: t, out: o, perFile: o.options.Shard,
		id: t.Column("image_id"), class: t.Column("class"), index: t.Column("class_index"), file: t.Column("file_name"),
	}
	if w.perFile == 0 {
		w.perFile = DefaultShard
	}
	if w.perFile < 1 {
		return nil, usage.Errorf("--shard %d: give at least 1 image for each shard", w.perFile)
	}
	var err error
	if w.images, err = imagefile.OpenIndex(o.options.Images, nil); err != nil {
		return nil, fmt.Errorf("--images: %w", err)
	}
	return w, nil
}

// A webSample is an image of a batch.
type webSample struct {
	key, class string
	index      int64
	id         string
	file       string // COCO: name in the ground truth
	json       []byte
}

func (w *webWriter) Begin() targetfile.Encoder { return targetfile.NewPieces(w.encode, w.append) }

func (w *webWriter) encode(b *targetfile.Batch) (out []webSample, err error) {
	for row := range b.Rows {
		key := w.key(b, row)
		if k := len(out); k == 0 || key != out[k-1].key {
			out = append(out, w.sample(b, row, key))
		}
		s := &out[len(out)-1]
		if s.json[len(s.json)-1] == '}' {
			s.json = append(s.json, ',')
		}
		s.json = append(s.json, '{')
		for i := range w.table.Columns {
			if i > 0 {
				s.json = append(s.json, ',')
			}
			s.json = append(targetfile.AppendJSONText(s.json, w.table.Columns[i].Name), ':')
			s.json = w.table.Columns[i].AppendJSON(s.json, &b.Cols[i], row)
		}
		s.json = append(s.json, '}')
	}
	return out, nil
}

// key returns the name of an image's members, which must not contain a dot.
func (w *webWriter) key(b *targetfile.Batch, row int) string {
	if w.file >= 0 {
		return fmt.Sprintf("%012d", b.Cols[w.id].Ints[row])
	}
	return strings.Map(func(r rune) rune {
		if r == '.' || r == '/' || r == '\\' {
			return '_'
		}
		return r
	}, b.Cols[w.id].Texts[row])
}

func (w *webWriter) sample(b *targetfile.Batch, row int, key string) webSample {
	s := webSample{key: key, class: b.Cols[w.class].Texts[row], index: b.Cols[w.index].Ints[row]}
	s.json = append([]byte(`{"image_id":`), w.table.Columns[w.id].AppendJSON(nil, &b.Cols[w.id], row)...)
	s.json = append(s.json, `,"targets":[`...)
	if w.file >= 0 {
		s.id, s.file = strconv.FormatInt(b.Cols[w.id].Ints[row], 10), b.Cols[w.file].Texts[row]
		return s
	}
	s.id = b.Cols[w.id].Texts[row]
	return s
}

func (w *webWriter) append(samples []webSample) error {
	for i := range samples {
		s := &samples[i]
		s.json = append(s.json, "]}"...)
		if err := w.add(s); err != nil {
			return err
		}
	}
	return nil
}

// add writes the members of an image. It counts an image that is not found or not readable.
func (w *webWriter) add(s *webSample) error {
	i, err := w.images.Find(s.id, s.class, s.file)
	if err != nil {
		return fmt.Errorf("--images: %w", err)
	}
	if i < 0 {
		w.missing++
		return nil
	}
	w.buffer.Reset()
	if err := w.images.Read(i, &w.buffer); err != nil {
		return fmt.Errorf("reading the image %s: %w", w.images.Name(i), err)
	}
	if err := imagefile.Check(w.buffer.Bytes()); err != nil {
		if w.bad++; w.bad == 1 {
			w.badFile = w.images.Name(i) + ": " + err.Error()
		}
		return nil
	}
	if err := w.shard(); err != nil {
		return err
	}
	ext := strings.ToLower(filepath.Ext(w.images.Name(i)))
	if ext == ".jpeg" {
		ext = ".jpg"
	}
	if err := w.member(s.key+ext, int64(w.buffer.Len()), &w.buffer); err != nil {
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

// shard begins the next shard if the current one is full, and counts an image in it.
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

// member writes a member with fixed mode and time, so that it is the same on every run.
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

func (w *webWriter) Close() error {
	defer w.images.Close()
	sum := &w.out.account
	if w.missing > 0 {
		sum.LeftOut = append(sum.LeftOut, Count{"images that are not in " + w.out.options.Images, w.missing})
	}
	if w.bad > 0 {
		sum.LeftOut = append(sum.LeftOut, Count{"images whose file is not an image, such as " + w.badFile, w.bad})
	}
	sum.Notes = append(sum.Notes, w.images.Notes()...)
	if w.tar == nil && w.bad > 0 {
		return fmt.Errorf("%d images in %s cannot be read: %s", w.bad, w.out.options.Images, w.badFile)
	}
	if w.tar == nil && w.missing == 0 {
		return errors.New("no image to write: no target was derived. abtool stats STORE counts shows what the store has; --all also writes images without a point")
	}
	if w.tar == nil {
		return fmt.Errorf("none of the %d images is in %s, which has images such as %s: an image is found by its id, the name of its file without the extension",
			w.missing, w.out.options.Images, w.images.Name(0))
	}
	return w.tar.Close()
}
