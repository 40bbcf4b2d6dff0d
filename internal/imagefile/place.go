package imagefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Places returns the files and folders that a name stands for: the name itself if it exists, otherwise the
// names that its braces and wildcards make, in order. All names of braces must exist, and wildcards must
// match something.
func Places(name string) ([]string, error) {
	_, err := os.Stat(name)
	switch {
	case err == nil:
		return []string{name}, nil
	case leadsNowhere(name):
		return nil, fmt.Errorf("%s is a link without a target", name)
	case remote(name):
		return nil, fmt.Errorf("%s is not on this machine: download the images and give their folder", name)
	case !errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(name, "{*?["):
		return nil, err
	}
	names, err := braces(name)
	if err != nil {
		return nil, err
	}
	var found, missing []string
	for _, n := range names {
		matches, err := match(n)
		switch {
		case err != nil:
			return nil, err
		case len(matches) == 0:
			missing = append(missing, n)
		}
		found = append(found, matches...)
	}
	switch {
	case len(missing) == 0:
		return found, nil
	case len(found) > 0:
		return nil,
			fmt.Errorf("%d of the %d names of %s are missing: %s. Get them, or give the names that are there",
				len(missing), len(names), name, some(missing, len(missing)))
	case strings.ContainsAny(name, "{*?["):
		return nil, fmt.Errorf("no file matches %s", name)
	}
	return nil, fmt.Errorf("%s: there is no such file or folder", name)
}

// leadsNowhere reports whether name is a link whose target is missing.
func leadsNowhere(name string) bool {
	info, err := os.Lstat(name)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// remote reports whether a name refers to something on a network, as in WebDataset.
func remote(name string) bool {
	return strings.Contains(name, "://") || strings.HasPrefix(name, "pipe:")
}

// match returns the files that a name without braces stands for, or nil if no file matches.
func match(name string) ([]string, error) {
	if _, err := os.Stat(name); err == nil {
		return []string{name}, nil
	}
	if !strings.ContainsAny(name, "*?[") {
		return nil, nil
	}
	all, err := filepath.Glob(name)
	if err != nil {
		return nil, fmt.Errorf("%s does not exist, and it is not a valid pattern: a [ has no ]", name)
	}
	var seen []string
	for _, path := range all {
		if asked := strings.HasPrefix(filepath.Base(name), "."); asked || !hidden(filepath.Base(path)) {
			seen = append(seen, path)
		}
	}
	return seen, nil
}

// mostNames is the largest number of names that braces may make.
const mostNames = 1 << 20

// braces returns the names that the braces in a name stand for, as a shell and WebDataset expand them:
// {a,b} is a and b, {08..11} is 08, 09, 10 and 11, {0..8..2} is 0, 2, 4, 6 and 8, {a..c} is a, b and c.
// Braces can be nested. Braces of another form stay as they are.
func braces(name string) ([]string, error) {
	for from := 0; ; {
		open := strings.IndexByte(name[from:], '{')
		if open < 0 {
			return []string{name}, nil
		}
		open += from
		from = open + 1
		end := closing(name, open)
		if end < 0 {
			continue
		}
		middle, err := alternatives(name[open+1 : end])
		if err != nil {
			return nil, err
		}
		if middle == nil {
			continue
		}
		rest, err := braces(name[end+1:])
		if err != nil {
			return nil, err
		}
		if len(middle) > mostNames/len(rest) {
			return nil, fmt.Errorf("%s stands for more than %d names", name, mostNames)
		}
		out := make([]string, 0, len(middle)*len(rest))
		for _, m := range middle {
			for _, r := range rest {
				out = append(out, name[:open]+m+r)
			}
		}
		return out, nil
	}
}

// closing returns the index of the brace that closes the one at open, or −1 if it is not closed.
func closing(name string, open int) int {
	depth := 0
	for i := open; i < len(name); i++ {
		switch name[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// alternatives returns the texts that the inside of braces stands for, or nil if it is neither a list nor a
// range.
func alternatives(inside string) (out []string, err error) {
	parts := split(inside)
	if len(parts) == 1 {
		return interval(inside)
	}
	for _, p := range parts {
		more, err := braces(p)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

// split returns the parts of a list, which commas outside of inner braces separate.
func split(list string) (parts []string) {
	depth, from := 0, 0
	for i := range len(list) {
		switch c := list[i]; {
		case c == '{':
			depth++
		case c == '}':
			depth--
		case c == ',' && depth == 0:
			parts = append(parts, list[from:i])
			from = i + 1
		}
	}
	return append(parts, list[from:])
}

// interval returns the numbers or letters of a range such as 000..127 or a..f, including the last one, or
// nil for other text. If an end begins with 0, numbers have as many digits as the longer end.
func interval(text string) ([]string, error) {
	ends := strings.Split(text, "..")
	if len(ends) < 2 || len(ends) > 3 {
		return nil, nil
	}
	step := 1
	if len(ends) == 3 {
		n, err := strconv.Atoi(ends[2])
		if err != nil || n == 0 || n < -mostNames || n > mostNames {
			return nil, nil
		}
		step = max(n, -n)
	}
	if len(ends[0]) == 1 && len(ends[1]) == 1 && letter(ends[0][0]) && letter(ends[1][0]) {
		return count(int(ends[0][0]), int(ends[1][0]), step, letterText), nil
	}
	from, err := strconv.Atoi(ends[0])
	to, err2 := strconv.Atoi(ends[1])
	if err != nil || err2 != nil {
		return nil, nil
	}
	const far = 1 << 40 // so that differences do not overflow
	if from < -far || from > far || to < -far || to > far || max(from-to, to-from)/step >= mostNames {
		return nil, fmt.Errorf("{%s} stands for more than %d names", text, mostNames)
	}
	digits := 0
	if padded(ends[0]) || padded(ends[1]) {
		digits = max(len(ends[0]), len(ends[1]))
	}
	return count(from, to, step, func(n int) string { return fmt.Sprintf("%0*d", digits, n) }), nil
}

// count returns the texts of the numbers from one to another, both included. The second may be smaller.
func count(from, to, step int, text func(int) string) (out []string) {
	if from > to {
		for n := from; n >= to; n -= step {
			out = append(out, text(n))
		}
		return out
	}
	for n := from; n <= to; n += step {
		out = append(out, text(n))
	}
	return out
}

func letter(c byte) bool        { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func letterText(n int) string   { return string(rune(n)) }
func padded(number string) bool { return len(number) > 1 && strings.TrimPrefix(number, "-")[0] == '0' }
