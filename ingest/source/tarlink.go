package source

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	"abtool/ingest/decode"
	"abtool/schema"
)

// hardLink is a member of an archive that has the same content as another member.
type hardLink struct{ name, target string }

// feedLinks reads the content of the archive's hard links. An archive has the content only in the first
// member, so that the archive must be read a second time.
func (t *tarFeed) feedLinks(ctx context.Context) error {
	if len(t.links) == 0 {
		return nil
	}
	content := make(map[string][]byte, len(t.links)) // by target
	to := make(map[string]string, len(t.links))
	for _, l := range t.links {
		to[path.Clean(l.name)] = path.Clean(l.target)
	}
	for i := range t.links {
		target := path.Clean(t.links[i].target)
		for steps := 0; to[target] != "" && steps < len(to); steps++ {
			target = to[target]
		}
		t.links[i].target = target
		content[target] = nil
	}
	found := t.readTargets(ctx, content)
	if err := ctx.Err(); err != nil {
		return err
	}
	t.u = t.f.unit(t.Source, decode.Files)
	for _, l := range t.links {
		data := content[l.target]
		switch {
		case data == nil:
			t.u.refuse(l.name, 0, decode.Faultf(schema.Unread, "a hard link to %s: %v", l.target, found))
		default:
			t.sniff(l.name, data)
			t.u.Files = append(t.u.Files, decode.File{Name: l.name, Off: len(t.u.Buf), N: len(data)})
			t.u.Buf = append(t.u.Buf, data...)
		}
		if len(t.u.Buf) >= UnitBytes || len(t.u.Files) == unitMembers {
			if err := t.f.Emit(ctx, t.u); err != nil {
				return err
			}
			t.u = t.f.unit(t.Source, decode.Files)
		}
	}
	return t.f.Emit(ctx, t.u)
}

// readTargets reads the archive's members that are keys of content. It returns why the values that stay nil
// could not be read.
func (t *tarFeed) readTargets(ctx context.Context, content map[string][]byte) error {
	if info, err := os.Stat(t.st.path); err != nil || !info.Mode().IsRegular() {
		return errors.New("a pipe cannot be read twice: give the archive as a file")
	}
	probe := &Source{Name: t.Name, digest: sha256.New()}
	st, err := probe.openStream(ctx, t.st.path, nil)
	if err != nil {
		return err
	}
	defer st.Close()
	r, left := tar.NewReader(st), len(content)
	for left > 0 && ctx.Err() == nil {
		h, err := r.Next()
		if _, end := st.Peek(1); err == io.EOF && end == nil {
			r = tar.NewReader(st) // another archive may follow after zeros
			continue
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		name := path.Clean(h.Name)
		data, wanted := content[name]
		if !wanted || data != nil || h.Typeflag != tar.TypeReg {
			continue
		}
		if h.Size > int64(t.f.limits.Member) {
			return fmt.Errorf("%d bytes; the limit is %d (--max-record-bytes)", h.Size, t.f.limits.Member)
		}
		if content[name], err = io.ReadAll(r); err != nil {
			return err
		}
		left--
	}
	return errors.New("the archive has no file of that name")
}
