package imagefile

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"abtool/internal/filetype"
)

// An account counts what was found at a place besides images.
type account struct {
	others  map[string]*ending // files that have no image's ending, by their ending
	dead    group              // links that lead nowhere
	loops   group              // links to a folder that they lie in
	special group              // pipes, sockets and devices
	hidden  group              // hidden folders
	empty   group              // folders without an image
	members group              // links within shards
	after   group              // shards with something after their end
	shards  group              // files of shards
}

// A group is a number of files and the first of them.
type group struct {
	n     int
	first []string
}

// named is how many files of a group are named.
const named = 3

func (g *group) add(name string) {
	if g.n++; g.n <= named {
		g.first = append(g.first, name)
	}
}

// String names the first files of a group.
func (g *group) String() string { return some(g.first, g.n) }

// some joins the first of n names.
func some(names []string, n int) string {
	list := strings.Join(names[:min(len(names), named)], ", ")
	if n > named {
		list += ", …"
	}
	return list
}

// mostEndings is the number of endings that are counted by name; files of others count as "".
const mostEndings = 1000

// An ending is the files of an ending.
type ending struct {
	group
	path string // of the first; "" in a shard
}

// other counts a file that has no image's ending.
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

// Notes says in whole sentences what was found and is not an image.
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
	add(&a.loops, "a link leads back to a folder that it lies in: %s",
		"links lead back to a folder that they lie in: %s")
	add(&a.special, "a pipe or device is left out: %s", "pipes and devices are left out: %s")
	add(&a.hidden, "a hidden folder is left out: %s", "hidden folders are left out: %s")
	add(&a.empty, "a folder holds no image and makes no class: %s",
		"folders hold no image and make no class: %s")
	add(&a.members, "a link within a shard is left out: %s", "links within shards are left out: %s")
	add(&a.after, "a shard has bytes after its end that are not read: %s",
		"shards have bytes after their end that are not read: %s")
	return notes
}

// otherFiles says which files have no image's ending, by their endings, the most frequent first.
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
		what := cmp.Or(end, "without a known ending")
		parts = append(parts, fmt.Sprintf("%d %s (%s%s)", g.n, what, &g.group, kindOf(g.path)))
	}
	verb := "files are not images that abtool reads"
	if total == 1 {
		verb = "file is not an image that abtool reads"
	}
	return fmt.Sprintf("%d %s (%s): %s", total, verb, Formats, strings.Join(parts, ", "))
}

// kindOf says what the first file of an ending is, if that is known and of use.
func kindOf(file string) string {
	switch k := filetype.OfFile(file); {
	case k.Image():
		return ": " + k.Name + ", give it the ending of one"
	case k.Advice != "":
		return ": " + k.String()
	}
	return ""
}
