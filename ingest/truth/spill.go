package truth

import (
	"bufio"
	"bytes"
	"cmp"
	"container/heap"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"slices"
)

// spill sorts items by key on the disk, in bounded memory. Items with the same key keep the order in which
// they were added.
//
// It collects items in a buffer. When the buffer is full, it sorts the items and writes them to a file as one
// sorted run. each merges the runs. The order of equal keys comes from a stable sort within a run, and from
// the order of the runs in the merge; the result must not depend on where the buffer was full.
type spill struct {
	dir   string
	limit int // bytes in memory
	buf   []byte
	items []spillItem
	runs  []*os.File
}

type spillItem struct {
	prefix   uint64 // first 8 bytes of the key
	off, key uint32 // place of the item in buf, and length of its key
	n        uint32 // length of its payload
}

const (
	spillBytes = 6 << 20
	spillItems = 1 << 17
)

func newSpill(dir string) *spill { return &spill{dir: dir, limit: spillBytes} }

func (s *spill) add(key, payload []byte) error {
	if (len(s.buf)+len(key)+len(payload) > s.limit || len(s.items) == spillItems) && len(s.items) > 0 {
		if err := s.flush(); err != nil {
			return err
		}
	}
	if s.buf == nil { // growing step by step would make several times as much garbage
		s.buf = make([]byte, 0, s.limit)
	}
	it := spillItem{off: uint32(len(s.buf)), key: uint32(len(key)), n: uint32(len(payload))}
	var p [8]byte
	copy(p[:], key)
	it.prefix = binary.BigEndian.Uint64(p[:])
	s.buf = append(append(s.buf, key...), payload...)
	s.items = append(s.items, it)
	return nil
}

func (s *spill) keyOf(i spillItem) []byte { return s.buf[i.off : i.off+i.key] }

func (s *spill) sort() {
	slices.SortStableFunc(s.items, func(a, b spillItem) int {
		if c := cmp.Compare(a.prefix, b.prefix); c != 0 {
			return c
		}
		return bytes.Compare(s.keyOf(a), s.keyOf(b))
	})
}

// flush sorts the items in memory and writes them as a run.
func (s *spill) flush() error {
	s.sort()
	f, err := os.CreateTemp(s.dir, "sort-*.partial")
	if err != nil {
		return fmt.Errorf("sorting images: %w", err)
	}
	s.runs = append(s.runs, f)
	w := bufio.NewWriterSize(f, 1<<16)
	var head [8]byte
	for _, it := range s.items {
		binary.LittleEndian.PutUint32(head[:], it.key)
		binary.LittleEndian.PutUint32(head[4:], it.n)
		w.Write(head[:])
		w.Write(s.buf[it.off : it.off+it.key+it.n])
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("sorting images: %w", err)
	}
	s.buf, s.items = s.buf[:0], s.items[:0]
	return nil
}

// each visits the payloads of every key, in the order of keys. The slices are valid only during the call of
// visit.
func (s *spill) each(visit func(key []byte, payloads [][]byte) error) error {
	s.sort()
	h := &runHeap{}
	for i, f := range s.runs {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		r := &run{order: i, r: bufio.NewReaderSize(f, 1<<16)}
		if err := r.next(); err == nil {
			*h = append(*h, r)
		} else if err != io.EOF {
			return fmt.Errorf("sorting images: %w", err)
		}
	}
	if len(s.items) > 0 {
		r := &run{order: len(s.runs), mem: s}
		r.next() // no run is empty
		*h = append(*h, r)
	}
	heap.Init(h)
	var key []byte
	var arena []byte
	var ends []int
	var payloads [][]byte
	for h.Len() > 0 {
		key = append(key[:0], (*h)[0].key...)
		arena, ends = arena[:0], ends[:0]
		for h.Len() > 0 && bytes.Equal((*h)[0].key, key) {
			r := (*h)[0]
			arena = append(arena, r.payload...)
			ends = append(ends, len(arena))
			switch err := r.next(); err {
			case nil:
				heap.Fix(h, 0)
			case io.EOF:
				heap.Pop(h)
			default:
				return fmt.Errorf("sorting images: %w", err)
			}
		}
		payloads = payloads[:0]
		for i, start := 0, 0; i < len(ends); i++ {
			payloads = append(payloads, arena[start:ends[i]])
			start = ends[i]
		}
		if err := visit(key, payloads); err != nil {
			return err
		}
	}
	return nil
}

func (s *spill) close() {
	for _, f := range s.runs {
		f.Close()
		os.Remove(f.Name())
	}
	*s = spill{dir: s.dir, limit: s.limit}
}

// run is a sorted sequence of items being merged: a file, or the items in memory.
type run struct {
	order        int
	key, payload []byte
	r            *bufio.Reader
	mem          *spill
	at           int
	buf          []byte
}

func (r *run) next() error {
	if r.mem != nil {
		if r.at == len(r.mem.items) {
			return io.EOF
		}
		it := r.mem.items[r.at]
		r.at++
		r.key, r.payload = r.mem.keyOf(it), r.mem.buf[it.off+it.key:it.off+it.key+it.n]
		return nil
	}
	var head [8]byte
	if _, err := io.ReadFull(r.r, head[:]); err != nil {
		return err
	}
	k, n := int(binary.LittleEndian.Uint32(head[:])), int(binary.LittleEndian.Uint32(head[4:]))
	r.buf = slices.Grow(r.buf[:0], k+n)[:k+n]
	if _, err := io.ReadFull(r.r, r.buf); err != nil {
		return io.ErrUnexpectedEOF
	}
	r.key, r.payload = r.buf[:k], r.buf[k:]
	return nil
}

type runHeap []*run

func (h runHeap) Len() int { return len(h) }
func (h runHeap) Less(i, j int) bool {
	if c := bytes.Compare(h[i].key, h[j].key); c != 0 {
		return c < 0
	}
	return h[i].order < h[j].order
}
func (h runHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *runHeap) Push(x any)   { *h = append(*h, x.(*run)) }
func (h *runHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}
