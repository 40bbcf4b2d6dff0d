package ingest

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"abtool/store"
)

// fewEntries makes lists end soon, so that too long ones occur.
var fewEntries = store.Limits{List: 10, Depth: 24}

func seedXML(seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	d := randomXML(r, 4+r.IntN(20))
	if r.IntN(3) == 0 {
		d = mutate(r, d)
	}
	return d
}

func FuzzXML(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(seedXML(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		checkXML(t, data, xmlRecord, store.Limits{})
		checkXML(t, data, xmlRecord, fewEntries)
		b := newBatch()
		b.readXML(data, vocRecord, "member")
		if b.count != 1 || len(b.records) > 1 {
			t.Fatalf("%d records, %d counted", len(b.records), b.count)
		}
	})
}

func TestXMLFastEqualsSlow(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	taken := 0
	for i := range 2000 {
		d := randomXML(r, 3+r.IntN(30))
		if i%2 == 1 {
			d = mutate(r, d)
		}
		if b := newBatch(); i%8 == 0 {
			if ok, _ := b.fastXML(d, xmlRecord, nil, &b.doc); ok {
				taken++
			}
		}
		checkXML(t, d, xmlRecord, store.Limits{})
		if i%8 == 1 {
			checkXML(t, d, xmlRecord, fewEntries)
		}
	}
	if taken < 40 {
		t.Errorf("the fast scanner took %d of 250 files: they are not what they should be", taken)
	}
}

func seedJSON(seed uint64, coco bool) []byte {
	r := rand.New(rand.NewPCG(seed, 2))
	d := randomWrapped(r, coco, 4+r.IntN(20))
	if r.IntN(3) == 0 {
		d = mutate(r, d)
	}
	return d
}

func FuzzImageNetJSON(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(seedJSON(seed, false))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		checkJSON(t, data, false, store.Limits{})
		checkJSON(t, data, false, fewEntries)
	})
}

func FuzzCOCOJSON(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(seedJSON(seed, true))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		checkJSON(t, data, true, store.Limits{})
		checkJSON(t, data, true, fewEntries)
	})
}

func TestJSONFastEqualsSlow(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 2000 {
		coco := i%2 == 0
		d := randomWrapped(r, coco, 3+r.IntN(30))
		if i%4 >= 2 {
			d = mutate(r, d)
		}
		checkJSON(t, d, coco == (r.IntN(8) > 0), store.Limits{})
		if i%8 == 1 {
			checkJSON(t, d, coco, fewEntries)
		}
	}
}

// randomInstance is an annotation of COCO's instances file.
func randomInstance(r *rand.Rand, odd int) []byte {
	o := &builder{r: r, odd: odd, gap: pick(r, "", " ")}
	numbers := func(n int) string {
		var list []string
		for range n {
			list = append(list, jsonNumberText(r, 'c', 8*odd))
		}
		return writeList(list, o.gap)
	}
	o.add("id", jsonNumberText(r, 'd', 2*odd))
	o.add("image_id", jsonNumberText(r, 'd', 2*odd))
	o.add("category_id", jsonNumberText(r, 'i', 2*odd))
	o.add("iscrowd", pick(r, "0", "1", "true", "null", "2"))
	o.num("area", 'p')
	o.add("bbox", pick(r, numbers(4), numbers(4), numbers(3), "null", "5"))
	switch r.IntN(4) {
	case 0:
		o.add("segmentation", pick(r, `{"size":[3,4],"counts":[5,2,5]}`, `{"size":[3,4],"counts":"52N"}`, `{"size":[3,4]}`, "null", `"x"`, "[1]", "[[null,1]]",
			"[1,2,3,4,5,6]", "[1,2,3,4]", "[[1,2],[3,4],[5,6]]", "[[[1,2],[3,4],[5,6]]]", "[[1,2,3,4]]", "[[1e999,1,2,3,4,5]]", "[[]]", "[]"))
	case 1:
		runs := randomRuns(r)
		o.add("segmentation", fmt.Sprintf(`{"counts":%s,"size":[1000,1000]}`, mustJSON(encodeRLE(runs))))
	default:
		var rings []string
		for range r.IntN(3) {
			rings = append(rings, numbers(2*r.IntN(5)))
		}
		o.add("segmentation", writeList(rings, o.gap))
	}
	return []byte(o.text())
}

func mustJSON(v any) []byte {
	d, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return d
}

func randomRuns(r *rand.Rand) (runs []int64) {
	for range r.IntN(12) {
		runs = append(runs, r.Int64N(pick[int64](r, 2, 40, 5000)))
	}
	return runs
}

// encodeRLE writes COCO's compressed run lengths.
func encodeRLE(runs []int64) string {
	var s []byte
	for i, v := range runs {
		if i > 2 {
			v -= runs[i-2]
		}
		for {
			c := byte(v & 31)
			v >>= 5
			more := v != 0 && v != -1 || v == 0 && c&16 != 0 || v == -1 && c&16 == 0
			if more {
				c |= 32
			}
			s = append(s, c+'0')
			if !more {
				break
			}
		}
	}
	return string(s)
}

// checkInstance holds object.fast against object.slow.
func checkInstance(t *testing.T, data []byte) {
	t.Helper()
	var fast, slow object
	f := slow.slow(data)
	if !fast.fast(data) {
		return
	}
	if f != nil {
		t.Fatalf("read fast, but slow: %v\n%q", f, data)
	}
	if f := slow.badMask; f != nil || slow.badBox != "" {
		t.Fatalf("read fast, but slow found %v %s\n%q", f, slow.badBox, data)
	}
	if a, b := fmt.Sprintf("%+v", fast), fmt.Sprintf("%+v", slow); a != b {
		t.Fatalf("fast and slow differ on %q:\n%s\n%s", data, a, b)
	}
}

func FuzzInstances(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(randomInstance(rand.New(rand.NewPCG(seed, 3)), 6))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		checkInstance(t, data)
		if counts, ok := decodeRLE(string(data)); ok {
			again, ok := decodeRLE(encodeRLE(counts))
			if !ok || !slices.Equal(again, counts) {
				t.Fatalf("runs %v of %q came back as %v", counts, data, again)
			}
		}
	})
}

// Whatever an instances file holds, its account adds up, or the run says why it failed.
func FuzzTruth(f *testing.F) {
	f.Add([]byte(goodTruth))
	f.Add([]byte(`{"annotations": {"1": [{"id": 1, "image_id": 1, "category_id": 1}]}, "images": null, "categories": {"1": "a"}}`))
	f.Add([]byte(`{"images": {"1": {"width": 0}}, "annotations": [{"id": 2, "image_id": 1, "category_id": 9, "bbox": [0]}]} {}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		path := filepath.Join(dir, "instances_x.json")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(dir, "store")
		s, err := Run(t.Context(), Options{Instances: []string{path}, Out: out, Jobs: 1})
		if err != nil {
			if errors.Is(err, ErrDamaged) || errors.Is(err, ErrUnknownInput) {
				return
			}
			t.Fatal(err)
		}
		a := accountOf(t, out, s)
		if stored := a.Records - a.Rejected; stored < int64(a.Objects) {
			t.Fatalf("%d records are stored, but %d objects", stored, a.Objects)
		}
		var nulled int64
		for _, n := range s.DataSets[0].Nulled {
			nulled += n.Count
		}
		if int64(len(a.Rejects)) != a.Rejected+nulled {
			t.Fatalf("%d rows of rejects for %d records and %d fields", len(a.Rejects), a.Rejected, nulled)
		}
	})
}

func TestInstancesFastEqualsSlow(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	for i := range 10000 {
		d := randomInstance(r, 3+r.IntN(30))
		if i%2 == 1 {
			d = mutate(r, d)
		}
		checkInstance(t, d)
		runs := randomRuns(r)
		if got, ok := decodeRLE(encodeRLE(runs)); !ok || !slices.Equal(got, runs) {
			t.Fatalf("runs %v came back as %v", runs, got)
		}
	}
}

// tarMember is a regular member, as the walk and archive/tar see it.
type tarMember struct{ name, data string }

// walkTar reads an archive with parseTar, feeding it no more than it asks for.
func walkTar(t *testing.T, d []byte) (list []tarMember, err error) {
	for pos, have := 0, 0; ; {
		if pos >= len(d) {
			return list, nil // without the zeros that should end it
		}
		have = max(have, pos)
		e, need, end, err := parseTar(d[pos:have])
		switch {
		case err != nil:
			return list, err
		case end:
			return list, nil
		case need > 0:
			if need <= have-pos {
				t.Fatalf("asked for %d bytes, but has %d", need, have-pos)
			}
			if have = pos + need; have > len(d) {
				return list, io.ErrUnexpectedEOF
			}
			continue
		}
		if e.size < 0 || e.head < block || e.head > have-pos {
			t.Fatalf("entry %+v of %d bytes", e, have-pos)
		}
		at := pos + e.head
		if e.size > int64(len(d)-at) {
			return list, io.ErrUnexpectedEOF
		}
		if e.regular {
			list = append(list, tarMember{e.name, string(d[at : at+int(e.size)])})
		}
		pos = at + int(padded(e.size))
	}
}

// checkTar holds the walk against archive/tar, wherever that reads the whole archive.
func checkTar(t *testing.T, d []byte) {
	t.Helper()
	got, err := walkTar(t, d)
	if len(d)%block != 0 || !isTar(d) {
		return
	}
	var want []tarMember
	r := tar.NewReader(bytes.NewReader(d))
	for metas := 0; ; {
		h, e := r.Next()
		if e == io.EOF {
			break
		}
		if e != nil {
			return
		}
		for k := range h.PAXRecords {
			if strings.HasPrefix(k, "GNU.sparse") {
				return // passed over by us
			}
		}
		if h.Typeflag == tar.TypeXGlobalHeader {
			if metas++; metas > 2 {
				return
			}
			continue
		}
		metas = 0
		if h.Typeflag == tar.TypeGNUSparse && h.PAXRecords["size"] != "" {
			return
		}
		data, e := io.ReadAll(r)
		if e != nil {
			return
		}
		if (h.Typeflag == tar.TypeReg || h.Typeflag == tar.TypeCont) && !strings.HasSuffix(h.Name, "/") {
			want = append(want, tarMember{h.Name, string(data)})
		}
	}
	if err != nil && strings.Contains(err.Error(), "a tar header of") {
		return // more extensions than one member needs
	}
	if err == io.ErrUnexpectedEOF {
		err = nil // archive/tar lets extensions stand at the end with nothing to extend
	}
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("the walk found %.300q, %v; archive/tar %.300q", got, err, want)
	}
}

// randomTar is an archive of one of the formats that archive/tar writes.
func randomTar(r *rand.Rand) []byte {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for range r.IntN(4) {
		name := pick(r, "train_xml/n01440764/n01440764_1.xml", "a.json", "._b.xml", "é.xml", strings.Repeat("long/", 30)+"c.xml", strings.Repeat("x", 120)+".xml")
		size := r.IntN(pick(r, 3, 700, 2000))
		h := &tar.Header{Name: name, Mode: 0o644, Size: int64(size), Typeflag: tar.TypeReg,
			Format: pick(r, tar.FormatUnknown, tar.FormatGNU, tar.FormatPAX, tar.FormatUSTAR)}
		switch r.IntN(8) {
		case 0:
			h = &tar.Header{Name: "dir/", Mode: 0o755, Typeflag: tar.TypeDir}
			size = 0
		case 1:
			h = &tar.Header{Name: "link", Linkname: name, Typeflag: pick[byte](r, tar.TypeSymlink, tar.TypeLink)}
			size = 0
		case 2:
			h.Format, h.PAXRecords = tar.FormatPAX, map[string]string{"path": "pax/" + name, "comment": "x"}
		case 3:
			if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": "y"}}); err != nil {
				panic(err)
			}
		}
		if w.WriteHeader(h) != nil {
			continue // a name that this format cannot have
		}
		if h.Typeflag == tar.TypeReg {
			w.Write(bytes.Repeat([]byte{'a'}, size))
		}
	}
	w.Close()
	return out.Bytes()
}

// mutateTar changes bytes of headers, and mends their checksums.
func mutateTar(r *rand.Rand, d []byte) []byte {
	d = slices.Clone(d)
	for range 1 + r.IntN(3) {
		at := r.IntN(len(d)/block) * block
		h := d[at : at+block]
		switch r.IntN(4) {
		case 0:
			h[156] = pick(r, []byte("012345670xgLKSVD\x00z")...)
		case 1:
			h[pick(r, r.IntN(100), 124+r.IntN(12), 257+r.IntN(8), 345+r.IntN(155), 482, 508+r.IntN(4))] = pick(r, []byte("0137\x00 a\x80\xff")...)
		case 2:
			h[r.IntN(block)] ^= 1 << r.IntN(8)
		case 3:
			copy(h[pick(r, 124, 257):], pick(r, "00000000017\x00", "\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x09", "ustar  \x00", "ustar\x0000", "\xff\xff"))
		}
		if r.IntN(8) > 0 {
			mendChecksum(h)
		}
	}
	return d
}

func mendChecksum(h []byte) {
	copy(h[148:156], "        ")
	sum := 0
	for _, c := range h {
		sum += int(c)
	}
	copy(h[148:156], fmt.Sprintf("%06o\x00 ", sum))
}

func FuzzTar(f *testing.F) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 4))
		d := randomTar(r)
		if seed%2 == 1 {
			d = mutateTar(r, d)
		}
		f.Add(d, false)
	}
	f.Fuzz(func(t *testing.T, d []byte, mend bool) {
		if mend { // let the fuzzer change headers without having to guess a checksum
			d = slices.Clone(d)
			for at := 0; at+block <= len(d); at += block {
				if string(d[at+257:at+262]) == "ustar" {
					mendChecksum(d[at : at+block])
				}
			}
		}
		checkTar(t, d)
	})
}

func TestTarEqualsArchiveTar(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 4))
	for i := range 4000 {
		d := randomTar(r)
		if i%4 > 0 {
			d = mutateTar(r, d)
		}
		checkTar(t, d)
	}
}

// readUnits reads elements as a run does: in units that are cut anywhere, read on their own,
// and joined.
func readUnits(data []byte, form form, cuts []int, limits store.Limits) (o outcome, broken error) {
	var g glue
	cuts = append(cuts, len(data))
	slices.Sort(cuts)
	src := &source{name: "cut"}
	from := 0
	for i, to := range cuts {
		u := &unit{src: src, batch: &batch{limits: limits.WithDefaults()}, chunk: chunk{coco: true, form: form,
			buf: slices.Clone(data[from:to]), base: int64(from), last: i == len(cuts)-1, name: "m"}}
		from = to
		u.read()
		g.join(u)
		part := outcomeOf(u.batch)
		for k := range part.Records {
			x := &part.Records[k]
			x.At, x.First, x.End = x.At+o.Count, x.First+len(o.In)+len(o.CO), x.End+len(o.In)+len(o.CO)
			if x.Kind == cocoRecord {
				x.First, x.End = x.First-len(o.In), x.End-len(o.In)
			} else {
				x.First, x.End = x.First-len(o.CO), x.End-len(o.CO)
			}
		}
		for _, x := range u.batch.rejects {
			if strings.HasPrefix(x.Detail, "more text behind") {
				x.Offset = -1 // of the text, or of the white space before it
			}
			o.Rejects = append(o.Rejects, fmt.Sprintf("%s %d at %d %s %s", x.Kind, x.Record+int64(o.Count), x.Offset, x.Field, x.Reason))
		}
		o.Records, o.In, o.CO = append(o.Records, part.Records...), append(o.In, part.In...), append(o.CO, part.CO...)
		o.Count, o.Headers = o.Count+part.Count, o.Headers+part.Headers
		if u.broken != nil {
			broken = u.broken
		}
	}
	slices.Sort(o.Rejects)
	return o, broken
}

// checkElements holds units cut at the given places against a single unit.
func checkElements(t *testing.T, data []byte, form form, cuts []int, limits store.Limits) {
	t.Helper()
	want, wantBroken := readUnits(data, form, nil, limits)
	got, gotBroken := readUnits(data, form, cuts, limits)
	sameOutcome(t, fmt.Sprintf("units of %v cut at %v and one unit", form, cuts), data, got, want)
	if fmt.Sprint(gotBroken) != fmt.Sprint(wantBroken) {
		t.Fatalf("cut at %v: %v; one unit: %v\n%q", cuts, gotBroken, wantBroken, data)
	}
}

// randomElements is what follows the opening bracket of an array, or values one after the other.
func randomElements(r *rand.Rand, form form, odd int) []byte {
	var list []string
	for range r.IntN(4) {
		list = append(list, string(randomWrapped(r, r.IntN(4) > 0, odd)))
		if r.IntN(odd) == 0 {
			list = append(list, pick(r, "null", "3", `"a,b"`, "[1,[2]]", "x"))
		}
	}
	if form == formValues {
		return []byte(strings.Join(list, "\n") + "\n")
	}
	return []byte(strings.Join(list, pick(r, ",", " ,\n")) + pick(r, "]", "\n] ", "]", "", ",", "]x"))
}

func FuzzElements(f *testing.F) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 5))
		d := randomElements(r, formElements, 5)
		f.Add(d, uint16(r.IntN(1+len(d))), uint16(r.IntN(1+len(d))), uint16(r.IntN(1+len(d))))
	}
	f.Fuzz(func(t *testing.T, d []byte, a, b, c uint16) {
		n := len(d) + 1
		checkElements(t, d, formElements, []int{int(a) % n, int(b) % n, int(c) % n}, store.Limits{})
		checkElements(t, d, formValues, []int{int(a) % n, int(b) % n, int(c) % n}, store.Limits{})
	})
}

func TestUnitsCutAnywhere(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 5))
	for i := range 600 {
		form := pick(r, formElements, formValues)
		d := randomElements(r, form, 3+r.IntN(20))
		if i%2 == 1 {
			d = mutate(r, d)
		}
		var cuts []int
		for range r.IntN(6) {
			cuts = append(cuts, r.IntN(len(d)+1))
		}
		checkElements(t, d, form, cuts, store.Limits{})
	}
}

// The spill's encoding of ground truth gives back what it took.
func FuzzFloat(f *testing.F) {
	f.Add(0.0)
	f.Add(-0.005)
	f.Add(123.45)
	f.Fuzz(func(t *testing.T, v float64) {
		p := gtPayload(appendFloat(nil, v))
		if got := p.float(); math.Float64bits(got) != math.Float64bits(v) || len(p) > 0 {
			t.Fatalf("%v came back as %v, %d bytes left", v, got, len(p))
		}
	})
}
