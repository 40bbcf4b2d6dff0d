package shell

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/ergochat/readline"
	"golang.org/x/term"

	"abtool/internal/ui"
	"abtool/query"
	"abtool/store"
)

const (
	promptFirst = "abtool> "
	promptMore  = "   ...> "
)

// A lineReader reads a line from a person. io.EOF ends the shell, and readline.ErrInterrupt discards the
// typed text.
type lineReader interface {
	ReadLine() (string, error)
	SetPrompt(string)
	SaveToHistory(string) error
	Close() error
}

// Shell reads statements interactively and runs them.
type Shell struct {
	*Runner
	db    *query.DB
	in    io.Reader
	lines lineReader
	timer bool
	once  string // file for the next result
	typed string // the beginning of an incomplete statement
	end   bool
}

// New returns a shell that reads lines from in and writes prompts and errors to r.Notes. On a terminal it
// has a line editor and a history.
func New(db *query.DB, r *Runner, in io.Reader) *Shell { return &Shell{Runner: r, db: db, in: in} }

// Run reads and runs statements until the input ends. Ctrl-C stops the running statement or discards the
// typed text.
func (sh *Shell) Run(ctx context.Context) error {
	if sh.lines == nil {
		var err error
		if sh.lines, err = sh.editor(); err != nil {
			return err
		}
	}
	defer sh.lines.Close()
	ctx = context.WithoutCancel(ctx) // an interrupt stops a statement, not the shell
	interrupts, quit := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	signal.Notify(quit, syscall.SIGTERM)
	defer signal.Stop(interrupts)
	defer signal.Stop(quit)
	go func() {
		if _, ok := <-quit; ok {
			sh.lines.Close()
		}
	}()
	defer close(quit)
	defer signal.Stop(quit)
	fmt.Fprintf(sh.Notes, "%s. A statement ends with a semicolon; .help lists commands, "+
		"Ctrl-D leaves.\n", strings.Join(sh.holds(), " and "))
	for !sh.end {
		prompt := promptFirst
		if sh.typed != "" {
			prompt = promptMore
		}
		sh.lines.SetPrompt(prompt)
		line, err := sh.lines.ReadLine()
		switch {
		case errors.Is(err, readline.ErrInterrupt):
			sh.typed = ""
			continue
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		sh.line(ctx, line, interrupts)
	}
	return nil
}

func (sh *Shell) holds() (out []string) {
	for _, set := range sh.db.Sets {
		out = append(out, store.Title(set))
	}
	return out
}

// line handles one line, which is a command or a part of a statement.
func (sh *Shell) line(ctx context.Context, line string, interrupts <-chan os.Signal) {
	if sh.typed == "" && strings.HasPrefix(strings.TrimSpace(line), ".") {
		sh.lines.SaveToHistory(line)
		if err := sh.command(strings.Fields(line)); err != nil {
			fmt.Fprintln(sh.Notes, err)
		}
		return
	}
	if sh.typed += line; strings.TrimSpace(sh.typed) == "" {
		sh.typed = ""
		return
	}
	sh.typed += "\n"
	list := query.Split(sh.typed)
	if len(list) > 0 && !list[len(list)-1].Done {
		return // the last statement continues on the next line
	}
	if len(list) == 0 && !strings.HasSuffix(strings.TrimSpace(sh.typed), ";") {
		return // a comment
	}
	sh.remember(sh.typed)
	sh.typed = ""
	for _, st := range list {
		if err := sh.statement(ctx, st, len(list), interrupts); err != nil {
			if sh.end = ui.BrokenPipe(err, sh.Printer.W); !sh.end {
				fmt.Fprintln(sh.Notes, err)
			}
			return
		}
	}
}

// remember adds a statement to the history as one line, or line by line if a string contains a line break.
func (sh *Shell) remember(text string) {
	if line, ok := query.OneLine(text); ok {
		sh.lines.SaveToHistory(line)
		return
	}
	for line := range strings.Lines(text) {
		sh.lines.SaveToHistory(strings.TrimRight(line, "\r\n"))
	}
}

// statement runs one statement, which an interrupt stops.
func (sh *Shell) statement(ctx context.Context, st query.Statement, n int, interrupts <-chan os.Signal) error {
	for len(interrupts) > 0 {
		<-interrupts
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-interrupts:
			cancel()
		case <-ctx.Done():
		}
	}()
	start := time.Now()
	var err error
	if file := sh.once; file != "" {
		sh.once = ""
		err = sh.toFile(ctx, st.Text, file)
	} else {
		err = sh.ask(ctx, st.Text)
	}
	if errors.Is(err, query.ErrStopped) {
		fmt.Fprintln(sh.Notes) // after the ^C
	}
	if err != nil {
		return sh.explain(err, st, "", n)
	}
	if sh.timer {
		fmt.Fprintf(sh.Notes, "%.3f s\n", time.Since(start).Seconds())
	}
	return nil
}

// toFile writes the result of a statement to a file: by the extension of its name, or in the mode of the
// shell.
func (sh *Shell) toFile(ctx context.Context, text, file string) error {
	if _, ok := formats[strings.ToLower(filepath.Ext(file))]; ok {
		e, err := NewExport(file, sh.db.Store, false)
		if err != nil {
			return err
		}
		e.scratch = sh.db.Scratch(filepath.Base(file))
		defer e.Discard()
		return sh.export(ctx, text, e)
	}
	if _, err := folderOf(file, sh.db.Store); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	r := *sh.Runner
	r.Printer = &Printer{W: f, Mode: sh.Printer.Mode, Limited: true}
	return errors.Join(r.ask(ctx, text), f.Close())
}

// editor returns a line editor on a terminal, or a plain reader if TERM is dumb or the input is not a terminal.
func (sh *Shell) editor() (lineReader, error) {
	in, tty := ui.Terminal(sh.in)
	if kind := os.Getenv("TERM"); !tty || kind == "dumb" || kind == "" {
		return &plainReader{in: bufio.NewReader(sh.in), out: sh.Notes}, nil
	}
	cursor := &cursorless{in: in, out: sh.Notes}
	return readline.NewFromConfig(&readline.Config{
		Stdin: cursor, Stdout: cursor, Stderr: sh.Notes, AutoComplete: sh.completer(), Undo: true,
		FuncIsTerminal: func() bool { return true }, FuncGetSize: func() (int, int) { return screen(in) },
		HistoryFile: historyFile(), HistorySearchFold: true, DisableAutoSaveHistory: true,
	})
}

// cursorless answers when the editor asks for the place of the cursor: at the beginning of a line, where
// every prompt starts. Some terminals do not answer, and the editor would wait.
type cursorless struct {
	in     io.Reader
	out    io.Writer
	mu     sync.Mutex
	answer string
}

func (c *cursorless) Write(p []byte) (int, error) {
	if string(p) != "\x1b[6n" {
		return c.out.Write(p)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer = "\x1b[1;1R"
	return len(p), nil
}

func (c *cursorless) Read(p []byte) (int, error) {
	c.mu.Lock()
	n := copy(p, c.answer)
	c.answer = c.answer[n:]
	c.mu.Unlock()
	if n > 0 {
		return n, nil
	}
	return c.in.Read(p)
}

// screen returns the size of a terminal, or a usual size if it is unknown.
func screen(f *os.File) (width, height int) {
	width, height, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 || height <= 0 {
		return 80, 24
	}
	return width, height
}

// historyFile returns the path of the history, which only the user can read, or "" if there is no place for it.
func historyFile() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	file := filepath.Join(dir, "abtool", "sql_history")
	if os.MkdirAll(filepath.Dir(file), 0o700) != nil {
		return ""
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return ""
	}
	f.Close()
	return file
}

// A plainReader is a lineReader without editing.
type plainReader struct {
	in     *bufio.Reader
	out    io.Writer
	prompt string
}

func (r *plainReader) ReadLine() (string, error) {
	io.WriteString(r.out, r.prompt)
	line, err := r.in.ReadString('\n')
	if line != "" {
		err = nil
	}
	return strings.TrimRight(line, "\r\n"), err
}

func (r *plainReader) SetPrompt(p string)         { r.prompt = p }
func (r *plainReader) SaveToHistory(string) error { return nil }
func (r *plainReader) Close() error               { return nil }
