package query

import "strings"

// A Statement is one statement of a text.
type Statement struct {
	Text string // text without the semicolon, and without comments and white space around it
	Line int    // line of the text on which it begins, from 1
	Done bool   // whether a semicolon ends it
}

// Split divides a text of SQL at semicolons that are not in strings, names or comments. It leaves out
// statements that consist only of comments.
func Split(text string) (out []Statement) {
	line, begin, at := 1, -1, 0
	startLine := 1
	end := func(to int, done bool) {
		if begin >= 0 {
			out = append(out, Statement{strings.TrimSpace(text[begin:to]), startLine, done})
		}
		begin = -1
	}
	for at < len(text) {
		n, blank := token(text[at:])
		switch {
		case text[at] == ';':
			end(at, true)
		case !blank && begin < 0:
			begin, startLine = at, line
		}
		line += strings.Count(text[at:at+n], "\n")
		at += n
	}
	end(len(text), false)
	return out
}

// OneLine writes a text of SQL on one line that says the same: white space and comments become a
// space, except in strings and names. ok is false if a string or name contains the end of a line.
func OneLine(text string) (line string, ok bool) {
	var b strings.Builder
	gap := false
	for text != "" {
		n, blank := token(text)
		if blank {
			gap = true
		} else {
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			b.WriteString(text[:n])
		}
		text = text[n:]
	}
	line = b.String()
	return line, !strings.ContainsAny(line, "\r\n")
}

// token returns the length of the string, quoted name, comment or single character at the beginning of s,
// and whether it is white space or a comment.
func token(s string) (n int, blank bool) {
	switch {
	case strings.HasPrefix(s, "--"):
		return until(s, 2, "\n"), true
	case strings.HasPrefix(s, "/*"):
		return comment(s), true
	case s[0] == '\'' || s[0] == '"':
		return quoted(s, s[0], false), false
	case (s[0] == 'e' || s[0] == 'E') && len(s) > 1 && s[1] == '\'':
		return 1 + quoted(s[1:], '\'', true), false
	case s[0] == '$':
		return dollar(s), false
	case isWord(s[0]): // a whole word, so that its last letter is not taken for the e of e'…'
		n := 1
		for n < len(s) && (isWord(s[n]) || s[n] == '$') {
			n++
		}
		return n, false
	}
	return 1, strings.ContainsRune(" \t\r\n\f\v", rune(s[0]))
}

func isWord(c byte) bool {
	return c == '_' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func until(s string, from int, end string) int {
	if i := strings.Index(s[from:], end); i >= 0 {
		return from + i + len(end)
	}
	return len(s)
}

// comment returns the length of a block comment. Block comments can be nested.
func comment(s string) int {
	depth, i := 1, 2
	for i < len(s) && depth > 0 {
		switch {
		case strings.HasPrefix(s[i:], "*/"):
			depth--
			i += 2
		case strings.HasPrefix(s[i:], "/*"):
			depth++
			i += 2
		default:
			i++
		}
	}
	return i
}

func quoted(s string, q byte, backslash bool) int {
	for i := 1; i < len(s); i++ {
		switch {
		case backslash && s[i] == '\\':
			i++
		case s[i] == q && i+1 < len(s) && s[i+1] == q:
			i++
		case s[i] == q:
			return i + 1
		}
	}
	return len(s)
}

// dollar returns the length of a $tag$…$tag$ string, or 1 for a parameter $name.
func dollar(s string) int {
	n := 1
	for n < len(s) && isWord(s[n]) {
		n++
	}
	if n < len(s) && s[n] == '$' && (n == 1 || s[1] < '0' || s[1] > '9') {
		return until(s, n+1, s[:n+1])
	}
	return 1
}
