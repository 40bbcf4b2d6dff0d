package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

// partial measures statistics that are gathered of each store and merged, against one run over all stores. It checks
// that both print the same.
func (b *bench) partial() error {
	lines, boxes, err := b.lines()
	if err != nil {
		return err
	}
	dir := filepath.Join(b.dir, "partial")
	files, err := deal(lines, dir, imageOf)
	if err != nil {
		return err
	}
	var stores, partials []string
	for i, file := range files {
		stores, partials = append(stores, filepath.Join(dir, fmt.Sprint(i))), append(partials, filepath.Join(dir, fmt.Sprint(i, ".gz")))
		if err := b.quiet(b.abtool, "ingest", file, "--boxes", boxes, "--out", stores[i], "--quiet"); err != nil {
			return err
		}
	}
	run := func(out string, args ...string) command {
		return command{args: append([]string{"bash", "-c", `out=$1; shift; exec "$@" > "$out"`, "bash", out, b.abtool, "stats"}, args...)}
	}
	one, merged := filepath.Join(dir, "one.json"), filepath.Join(dir, "merged.json")
	joint := run(one, append(stores, "--json", "--quiet")...)
	joint.name = "one run over all"
	commands := []command{joint}
	for i, store := range stores {
		c := command{fmt.Sprint("partial of ", i), []string{b.abtool, "stats", store, "--partial", partials[i], "--quiet"}, partials[i]}
		commands = append(commands, c)
	}
	merge := run(merged, append([]string{"--merge", "--json", "--quiet"}, partials...)...)
	merge.name = "merge of all"
	res, err := b.compare(append(commands, merge)...)
	if err != nil {
		return err
	}
	largest := usage{name: "largest partial"}
	sum, size := usage{name: "all partials, one after the other, and the merge"}, int64(0)
	for i, u := range res[1:] {
		sum.wall, sum.cpu, sum.peak = sum.wall+u.wall, sum.cpu+u.cpu, max(sum.peak, u.peak)
		if i < parts {
			largest.wall, largest.cpu, largest.peak = max(largest.wall, u.wall), max(largest.cpu, u.cpu), max(largest.peak, u.peak)
			size += fileSize(partials[i])
		}
	}
	fmt.Printf("%d images, in %d stores by image\n\n", b.images, parts)
	table([]usage{res[0], largest, res[len(res)-1], sum}, 0)
	all := filepath.Join(dir, "all.gz")
	if err := b.quiet(b.abtool, append([]string{"stats", "--merge", "--partial", all}, partials...)...); err != nil {
		return err
	}
	fmt.Printf("\nEach store has all boxes. The partials have %.1f MB, %.0f bytes an image; merged they have %.1f MB, %.0f bytes\n\n",
		mb(size), float64(size)/float64(b.images), mb(fileSize(all)), float64(fileSize(all))/float64(b.images))
	var texts [2][]byte
	for i, path := range []string{one, merged} {
		if texts[i], err = os.ReadFile(path); err != nil {
			return err
		}
	}
	if !bytes.Equal(texts[0], texts[1]) {
		return fmt.Errorf("%s and %s differ", one, merged)
	}
	return nil
}
