package shell

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/ergochat/readline"

	"abtool/query"
)

// A dot is a command of the shell.
type dot struct {
	name, args, doc string
	run             func(sh *Shell, args []string) error
}

var dots []dot

func init() {
	dots = []dot{
		{".help", "", "list the commands", (*Shell).help},
		{".tables", "", "list tables and views, and what a row of each is", (*Shell).tables},
		{".views", "", "list only the flat views", (*Shell).flat},
		{".macros", "", "functions, and what they return", (*Shell).macros},
		{".schema", "[NAME]", "show the columns of a view with unit and meaning; without a name, of all views", (*Shell).schema},
		{".mode", "[NAME]", "set how results are printed: " + strings.Join(Modes(), ", "), (*Shell).mode},
		{".limit", "[N]", "set the number of rows to print, 0 for all", (*Shell).limit},
		{".timer", "on|off", "print how long statements take", (*Shell).setTimer},
		{".once", "FILE", "write the next result to a .parquet, .arrow or .csv file, " +
			"or to any other file as it would be printed", (*Shell).setOnce},
		{".param", "NAME=VALUE", "set the parameter $NAME", (*Shell).param},
		{".quit", "", "leave the shell, like Ctrl-D", func(sh *Shell, _ []string) error { sh.end = true; return nil }},
	}
}

// Commands returns the names of the dot commands.
func Commands() (names []string) {
	for _, d := range dots {
		names = append(names, d.name)
	}
	return names
}

func (sh *Shell) command(words []string) error {
	for _, d := range dots {
		if d.name == words[0] {
			return d.run(sh, words[1:])
		}
	}
	if words[0] == ".exit" {
		sh.end = true
		return nil
	}
	return fmt.Errorf("unknown command %s: .help lists all", words[0])
}

func (sh *Shell) help([]string) error {
	t := tabwriter.NewWriter(sh.Printer.W, 0, 0, 2, ' ', 0)
	for _, d := range dots {
		fmt.Fprintf(t, "%s\t%s\n", strings.TrimSpace(d.name+" "+d.args), d.doc)
	}
	fmt.Fprintf(t, "Tab\tcompletes names of views, columns and macros\nCtrl-C\tstops a statement, "+
		"or drops what was typed\n")
	return t.Flush()
}

func (sh *Shell) views() []query.View { return sh.db.Views() }

func (sh *Shell) tables([]string) error { return sh.list(func(query.View) bool { return true }) }

func (sh *Shell) flat([]string) error { return sh.list(func(v query.View) bool { return v.SQL != "" }) }

func (sh *Shell) list(listed func(query.View) bool) error {
	t := tabwriter.NewWriter(sh.Printer.W, 0, 0, 2, ' ', 0)
	for _, v := range sh.views() {
		if listed(v) {
			fmt.Fprintf(t, "%s\t%s\n", v.Name, v.Row)
		}
	}
	return t.Flush()
}

func (sh *Shell) macros([]string) error {
	for _, m := range query.Macros() {
		if m.Set == "" || slices.Contains(sh.db.Sets, m.Set) {
			fmt.Fprintf(sh.Printer.W, "%s(%s)\n    %s\n", m.Name, m.Args, m.Doc)
		}
	}
	return nil
}

func (sh *Shell) schema(args []string) error {
	found := false
	for _, v := range sh.views() {
		if len(args) > 0 && v.Name != strings.TrimSuffix(args[0], ";") {
			continue
		}
		found = true
		fmt.Fprintf(sh.Printer.W, "%s: one row is %s\n", v.Name, v.Row)
		t := tabwriter.NewWriter(sh.Printer.W, 0, 0, 2, ' ', 0)
		for _, c := range v.Columns {
			fmt.Fprintf(t, "  %s\t%s\t%s\n", c.Name, c.Unit, c.Doc)
		}
		t.Flush()
		fmt.Fprintf(sh.Printer.W, "  for example: %s;\n", v.Example)
	}
	if !found {
		return fmt.Errorf("unknown view %s: .tables lists all", args[0])
	}
	return nil
}

func (sh *Shell) mode(args []string) error {
	if len(args) == 0 {
		fmt.Fprintln(sh.Printer.W, sh.Printer.Mode)
		return nil
	}
	if !slices.Contains(Modes(), args[0]) {
		return fmt.Errorf("mode %q: give one of %s", args[0], strings.Join(Modes(), ", "))
	}
	sh.Printer.Mode = args[0]
	return nil
}

func (sh *Shell) limit(args []string) error {
	if len(args) == 0 {
		fmt.Fprintln(sh.Printer.W, sh.Printer.rows())
		return nil
	}
	n, err := strconv.Atoi(args[0])
	if err != nil || n < 0 {
		return fmt.Errorf(".limit %s: give a number of rows, or 0 for all", args[0])
	}
	sh.Printer.Limit, sh.Printer.Limited = n, true
	return nil
}

func (sh *Shell) setTimer(args []string) error {
	if len(args) != 1 || args[0] != "on" && args[0] != "off" {
		return fmt.Errorf(".timer: give on or off")
	}
	sh.timer = args[0] == "on"
	return nil
}

func (sh *Shell) setOnce(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf(".once: give the name of a file")
	}
	sh.once = args[0]
	return nil
}

func (sh *Shell) param(args []string) error {
	params, err := ParseParams([]string{strings.Join(args, " ")})
	for k, v := range params {
		sh.Params[k] = v
	}
	return err
}

var keywords = strings.Fields(`SELECT FROM WHERE GROUP BY ORDER HAVING LIMIT JOIN LEFT USING ON AS WITH UNION ALL DISTINCT FILTER QUALIFY OVER PARTITION
	COUNT AVG SUM MEDIAN MIN MAX QUANTILE_CONT ROUND UNNEST CASE WHEN THEN ELSE END AND OR NOT NULL IS IN BETWEEN DESC EXPLAIN DESCRIBE SUMMARIZE PIVOT`)

// A completer offers names that begin with the word at the cursor: views, macros, keywords of SQL, and
// columns of the views that the statement names, or of all views if it names none.
type completer struct{ sh *Shell }

func (sh *Shell) completer() readline.AutoCompleter { return completer{sh} }

func (c completer) Do(line []rune, pos int) (ends [][]rune, length int) {
	begin := pos
	for begin > 0 && isNameRune(line[begin-1]) {
		begin--
	}
	word := string(line[begin:pos])
	for _, name := range c.sh.names(string(line), word) {
		if len(name) >= len(word) && strings.EqualFold(name[:len(word)], word) {
			ends = append(ends, []rune(name[len(word):]))
		}
	}
	return ends, pos - begin
}

func isNameRune(r rune) bool {
	return r == '_' || r == '.' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

// names returns the possible completions of the last word of a line.
func (sh *Shell) names(line, word string) (out []string) {
	first, rest, more := strings.Cut(strings.TrimLeft(line, " "), " ")
	if sh.typed == "" && strings.HasPrefix(first, ".") {
		return sh.dotNames(first, more, rest)
	}
	text := strings.ToLower(sh.typed + line)
	var columns, all, names []string
	for _, v := range sh.views() {
		names = append(names, v.Name)
		for _, col := range v.Columns {
			all = append(all, col.Name)
			if strings.Contains(text, v.Name) {
				columns = append(columns, col.Name)
			}
		}
	}
	slices.Sort(columns)
	out = append(slices.Compact(columns), names...)
	for _, m := range query.Macros() {
		out = append(out, m.Name+"(")
	}
	out = append(out, "point_in_mask(")
	if word == "" {
		return out
	}
	for _, k := range keywords {
		if word == strings.ToLower(word) {
			k = strings.ToLower(k)
		}
		out = append(out, k)
	}
	if len(columns) == 0 { // SELECT comes before FROM
		slices.Sort(all)
		out = append(out, slices.Compact(all)...)
	}
	return out
}

func (sh *Shell) dotNames(first string, more bool, rest string) (out []string) {
	if !more {
		return Commands()
	}
	switch first {
	case ".schema":
		for _, v := range sh.views() {
			out = append(out, v.Name)
		}
	case ".mode":
		out = Modes()
	case ".timer":
		out = []string{"on", "off"}
	}
	return out
}
