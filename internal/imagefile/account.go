package imagefile

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"abtool/internal/filetype"
)

// An account counts the files at a place that are not images.
type account struct {
	others  map[string]*ending // files without the extension of an image, by their extension
	dead    group              // links without a target
	loops   group              // links to a folder that contains them
	special group              // pipes, sockets and devices
	hidden  group              // hidden folders
	empty   group              // folders without an image
	members group              // links in shards
	after   group              // shards with bytes after their end
	shards  group              // files of shards
}

// A group is a number of files and the first of them.
type group struct {
	n     int
	first []string
}

// named is the largest number of a group's files that are named.
const named = 3

func (g *group) add(name string) {
	if g.n++; g.n <= named {
		g.first = append(g.first, name)
	}
}

// String returns the names of the first files of a group.
func (g *group) String() string { return some(g.first, g.n) }

// some joins the first of n names, with … if there are more.
func some(names []string, n int) string {
	list := strings.Join(names[:min(len(names), named)], ", ")
	if n > named {
		list += ", …"
	}
	return list
}

// mostEndings is the largest number of extensions that are counted separately. Files with others are
// counted under "".
const mostEndings = 1000

// An ending is the files with one extension.
type ending struct {
	group
	path string // of the first file; "" in a shard
}

// other counts a file without the extension of an image.
func (a *account) other(name, file string) {
	end := strings.ToLower(path.Ext(name))
	if a.others == nil {
		a.others = map[string]*ending{}
	}
	if a.others[end] == nil && len(a.others) >= mostEndings {
		end = ""
	}
	if a.others[end] == nil {
		a.others[end] = &ending{path: file}
	}
	a.others[end].add(name)
}

// Notes returns sentences about files at the place that are not images.
func (m *Images) Notes() (notes []string) {
	a := &m.account
	add := func(g *group, one, many string) {
		switch {
		case g.n == 1:
			notes = append(notes, fmt.Sprintf(one, g))
		case g.n > 1:
			notes = append(notes, fmt.Sprintf("%d "+many, g.n, g))
		}
	}
	if text := a.otherFiles(); text != "" {
		notes = append(notes, text)
	}
	add(&a.dead, "a link leads nowhere: %s", "links lead nowhere: %s")
	add(&a.loops, "a link leads back to a folder that contains it: %s",
		"links lead back to a folder that contains them: %s")
	add(&a.special, "a pipe or device is left out: %s", "pipes and devices are left out: %s")
	add(&a.hidden, "a hidden folder is left out: %s", "hidden folders are left out: %s")
	add(&a.empty, "a folder has no image in it and makes no class: %s",
		"folders have no image in them and make no class: %s")
	add(&a.members, "a link in a shard is left out: %s", "links in shards are left out: %s")
	add(&a.after, "a shard has bytes after its end that are not read: %s",
		"shards have bytes after their end that are not read: %s")
	return notes
}

// otherFiles returns a sentence about the files without the extension of an image, by their extensions, the
// most frequent first.
func (a *account) otherFiles() string {
	total := 0
	endings := make([]string, 0, len(a.others))
	for end, g := range a.others {
		endings = append(endings, end)
		total += g.n
	}
	if total == 0 {
		return ""
	}
	slices.SortFunc(endings, func(x, y string) int {
		return cmp.Or(cmp.Compare(a.others[y].n, a.others[x].n), strings.Compare(x, y))
	})
	const most = 5
	var parts []string
	for i, end := range endings {
		if i == most {
			parts = append(parts, "…")
			break
		}
		g := a.others[end]
		what := cmp.Or(end, "without a known extension")
		parts = append(parts, fmt.Sprintf("%d %s (%s%s)", g.n, what, &g.group, kindOf(g.path)))
	}
	verb := "files are not images that abtool reads"
	if total == 1 {
		verb = "file is not an image that abtool reads"
	}
	return fmt.Sprintf("%d %s (%s): %s", total, verb, Formats, strings.Join(parts, ", "))
}

// kindOf returns what the first file of an extension is, if that is known and helps.
func kindOf(file string) string {
	switch k := filetype.OfFile(file); {
	case k.Image():
		return ": " + k.Name + ", give it the extension of one"
	case k.Advice != "":
		return ": " + k.String()
	}
	return ""
}
