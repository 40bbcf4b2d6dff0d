package ui

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// HoldPipe keeps a reader that goes away, as head does, from killing the process, which has a
// folder to remove: writing fails instead. What it returns ends that.
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
