package main

import (
	"bufio"
	"bytes"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"regexp"
)

// parts is the number of stores that one store is compared with.
const parts = 8

var (
	imageOf      = regexp.MustCompile(`"imageID": ?"([^"]*)"`)
	assignmentOf = regexp.MustCompile(`"assignment_id": ?"([^"]*)"`)
)

// stores measures several stores against the one store of all sources: parts that have no image in common, and
// parts by annotator, which have. It checks that both give the same.
func (b *bench) stores() error {
	lines, boxes, err := b.lines()
	if err != nil {
		return err
	}
	for _, by := range []struct {
		name string
		key  *regexp.Regexp
	}{{"image", imageOf}, {"assignment", assignmentOf}} {
		dir := filepath.Join(b.dir, "by-"+by.name)
		files, err := deal(lines, dir, by.key)
		if err != nil {
			return err
		}
		one, several := filepath.Join(dir, "one"), filepath.Join(dir, "stores")
		if err := b.quiet(b.abtool, append([]string{"ingest", "--out", one, "--boxes", boxes, "--quiet"}, files...)...); err != nil {
			return err
		}
		for i, file := range files {
			args := []string{"ingest", file, "--out", filepath.Join(several, fmt.Sprint(i)), "--quiet"}
			if i == 0 {
				args = append(args, "--boxes", boxes)
			}
			if err := b.quiet(b.abtool, args...); err != nil {
				return err
			}
		}
		fmt.Printf("%d images, in one store and in %d by %s\n\n", b.images, parts, by.name)
		targets := filepath.Join(dir, "targets")
		for _, what := range []struct {
			name string
			args []string
		}{
			{"stats", []string{"--json", "--quiet", "--bootstrap", "0"}},
			{"targets", []string{"--all", "--rule", "all", "--quiet", "--force", "--out", targets + ".parquet"}},
			{"sql", []string{"SELECT count(*), sum(len(mouse)) FROM imagenet_annotations"}},
		} {
			var commands []command
			for _, place := range []string{one, several} {
				commands = append(commands, command{fmt.Sprintf("`abtool %s`, %s", what.name, filepath.Base(place)),
					append([]string{b.abtool, what.name, place}, what.args...), ""})
			}
			res, err := b.compare(commands...)
			if err != nil {
				return err
			}
			table(res, 0)
			fmt.Println()
		}
		if err := b.sameTargets(one, several, targets); err != nil {
			return err
		}
	}
	return nil
}

// lines returns simulated showings as JSON Lines, and their boxes.
func (b *bench) lines() (lines, boxes string, err error) {
	data := filepath.Join(b.dir, "lines")
	lines, boxes = filepath.Join(data, "imagenet_ab.jsonl"), filepath.Join(data, "boxes.tar.gz")
	if _, err := os.Stat(lines); err != nil {
		err = b.quiet(b.abtool, "synth", "imagenet", "--images", fmt.Sprint(b.images), "--format", "jsonl", "--boxes", "--out", data, "--quiet")
		return lines, boxes, err
	}
	return lines, boxes, nil
}

// sameTargets checks that two places give the same file of targets.
func (b *bench) sameTargets(one, several, out string) error {
	var files [2][]byte
	for i, place := range []string{one, several} {
		path := fmt.Sprint(out, i, ".parquet")
		if err := b.quiet(b.abtool, "targets", place, "--all", "--rule", "all", "--signal", "scribble", "--quiet", "--force", "--out", path); err != nil {
			return err
		}
		var err error
		if files[i], err = os.ReadFile(path); err != nil {
			return err
		}
	}
	if !bytes.Equal(files[0], files[1]) {
		return fmt.Errorf("%s and %s give other targets", one, several)
	}
	return nil
}

// deal deals the lines of a file to files in dir, by a hash of what key finds in a line.
func deal(from, dir string, key *regexp.Regexp) (files []string, err error) {
	in, err := os.Open(from)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	var to []*bufio.Writer
	for i := range parts {
		files = append(files, filepath.Join(dir, fmt.Sprintf("part-%d.jsonl", i)))
		f, err := os.Create(files[i])
		if err != nil {
			return nil, err
		}
		defer f.Close()
		to = append(to, bufio.NewWriterSize(f, 1<<20))
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		h := fnv.New32a()
		if m := key.FindSubmatch(lines.Bytes()); m != nil {
			h.Write(m[1])
		}
		w := to[h.Sum32()%parts]
		w.Write(lines.Bytes())
		w.WriteByte('\n')
	}
	for _, w := range to {
		if err := w.Flush(); err != nil {
			return nil, err
		}
	}
	return files, lines.Err()
}
