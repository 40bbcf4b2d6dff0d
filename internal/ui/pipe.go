package ui

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// HoldPipe keeps the process alive if the reader of its output goes away, as head does, because the process has
// a folder to remove. Writing then fails instead. The function that it returns restores the default.
func HoldPipe() func() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGPIPE)
	return func() { signal.Stop(c) }
}

// BrokenPipe reports whether err is that nobody reads out any more.
func BrokenPipe(err error, out io.Writer) bool {
	var at *os.PathError
	f, ok := out.(*os.File)
	return ok && errors.Is(err, syscall.EPIPE) && errors.As(err, &at) && at.Path == f.Name()
}
