package explore

import (
	"bytes"
	"container/list"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/image/draw"

	"abtool/internal/imagefile"
)

// images finds the images of a store at several places, and keeps scaled versions of them.
type images struct {
	given    bool
	listed   chan struct{} // closed when places and err are set
	err      error
	places   []*place
	decoding chan struct{} // one for each decoder, so that queries keep a processor
	kept     cache
}

// A place is a folder, or shards, with images.
type place struct {
	*imagefile.Index
	root *os.Root // of a folder: links that lead out of it are not followed
}

// decoders is the number of images that are decoded at a time.
const decoders = 2

// patience is how long New waits for the list of images. That of a large place is made in the background.
const patience = 2 * time.Second

func openImages(places []string) (*images, error) {
	for _, name := range places {
		if _, err := imagefile.Places(name); err != nil {
			return nil, fmt.Errorf("--images: %w", err)
		}
	}
	m := &images{decoding: make(chan struct{}, decoders), given: len(places) > 0, listed: make(chan struct{})}
	go func() {
		defer close(m.listed)
		m.err = m.list(places)
	}()
	select {
	case <-m.listed:
		if m.err != nil {
			return nil, errors.Join(m.err, m.Close())
		}
	case <-time.After(patience):
	}
	return m, nil
}

// list finds the images of all places.
func (m *images) list(places []string) error {
	for _, name := range places {
		p := &place{}
		var err error
		if p.Index, err = imagefile.OpenIndex(name, nil); err != nil {
			return fmt.Errorf("--images: %w", err)
		}
		m.places = append(m.places, p)
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			if p.root, err = os.OpenRoot(name); err != nil {
				return fmt.Errorf("--images: %w", err)
			}
		}
	}
	return nil
}

func (m *images) some() bool { return m != nil && m.given }

// Close closes the places.
func (m *images) Close() (err error) {
	if m == nil {
		return nil
	}
	<-m.listed
	for _, p := range m.places {
		err = errors.Join(err, p.Index.Close())
		if p.root != nil {
			err = errors.Join(err, p.root.Close())
		}
	}
	return err
}

// read returns the file of an image.
func (m *images) read(id string) ([]byte, error) {
	<-m.listed
	if m.err != nil {
		return nil, m.err
	}
	class, _, _ := strings.Cut(id, "_")
	for _, p := range m.places {
		i, err := p.Find(id, class, "")
		if err != nil {
			return nil, err
		}
		if i < 0 {
			continue
		}
		if p.root == nil {
			var b bytes.Buffer
			err := p.Read(i, &b)
			return b.Bytes(), err
		}
		f, err := p.root.Open(filepath.FromSlash(p.Name(i)))
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return io.ReadAll(f)
	}
	return nil, notFound("no image %s in --images", id)
}

// widths are the widths of scaled images.
var widths = []int{160, 320, 640, 1280}

// image answers with an image: w=320 scales it to fit into 320 × 320 pixels.
func (s *Server) image(w http.ResponseWriter, r *http.Request) {
	data, kind, tag, err := s.images.scaled(r.PathValue("id"), r.FormValue("w"))
	if err != nil {
		http.Error(w, err.Error(), statusOf(err))
		return
	}
	send(w, r, kind, tag, data)
}

func (m *images) scaled(id, width string) (data []byte, kind, tag string, err error) {
	side := 0
	if width != "" {
		n, err := strconv.Atoi(width)
		if err != nil || n < 1 {
			return nil, "", "", wrong("w=%s: give a number of pixels", width)
		}
		for _, side = range widths {
			if side >= n {
				break
			}
		}
	}
	key := fmt.Sprintf("%s %d", id, side)
	if e, ok := m.kept.get(key); ok {
		return e.data, e.kind, e.tag, nil
	}
	if data, err = m.read(id); err == nil {
		data, kind, err = m.fit(data, side)
	}
	if errors.As(err, new(failure)) {
		return nil, "", "", err
	}
	if err != nil {
		return nil, "", "", failure{http.StatusUnprocessableEntity, fmt.Errorf("%s cannot be shown: %w", id, err)}
	}
	tag = tagOf(data)
	m.kept.put(key, entry{key, data, kind, tag})
	return data, kind, tag, nil
}

// mostDecoded is the number of pixels of an image that is decoded, which takes four bytes for each.
const mostDecoded = 50_000_000

// shown has the formats that browsers show.
var shown = map[string]string{"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "gif": "image/gif", "bmp": "image/bmp"}

// fit returns an image whose longer side is at most side pixels; 0 is any size.
func (m *images) fit(file []byte, side int) (data []byte, kind string, err error) {
	w, h, format, err := imagefile.Size(file)
	if err != nil {
		return nil, "", imagefile.Explain(file, err)
	}
	if kind := shown[format]; kind != "" && (side == 0 || max(w, h) <= side) {
		return file, kind, nil
	}
	if w > mostDecoded/h {
		return nil, "", fmt.Errorf("it has %d × %d pixels, and an image is made smaller from at most %d", w, h, mostDecoded)
	}
	m.decoding <- struct{}{}
	defer func() { <-m.decoding }()
	img, err := imagefile.Decode(file)
	if err != nil {
		return nil, "", err
	}
	if side > 0 && max(w, h) > side {
		scale := float64(side) / float64(max(w, h))
		to := image.NewRGBA(image.Rect(0, 0, max(1, int(float64(w)*scale+.5)), max(1, int(float64(h)*scale+.5))))
		draw.ApproxBiLinear.Scale(to, to.Bounds(), img, img.Bounds(), draw.Src, nil)
		img = to
	}
	var b bytes.Buffer
	err = jpeg.Encode(&b, img, &jpeg.Options{Quality: 82})
	return b.Bytes(), "image/jpeg", err
}

// A cache keeps what was used last. The zero value is empty.
type cache struct {
	mu    sync.Mutex
	order list.List // of entries, the latest first
	at    map[string]*list.Element
	bytes int
}

type entry struct {
	key       string
	data      []byte
	kind, tag string
}

// mostKept is the number of bytes that a cache keeps.
const mostKept = 96 << 20

func (c *cache) get(key string) (entry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.at[key]
	if !ok {
		return entry{}, false
	}
	c.order.MoveToFront(e)
	return e.Value.(entry), true
}

func (c *cache) put(key string, e entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.at[key]; ok || len(e.data) > mostKept/4 {
		return
	}
	if c.at == nil {
		c.at = map[string]*list.Element{}
	}
	c.at[key] = c.order.PushFront(e)
	for c.bytes += len(e.data); c.bytes > mostKept; {
		last := c.order.Back()
		old := c.order.Remove(last).(entry)
		delete(c.at, old.key)
		c.bytes -= len(old.data)
	}
}
