package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"

	"abtool/internal/ui"
)

// openBrowser opens an address in the browser that the system prefers. It writes a note if there is none.
func openBrowser(w io.Writer, address string) {
	note := func(why error) { ui.Note(w, fmt.Sprintf("no browser was opened: %v; open the address yourself", why)) }
	command := []string{"xdg-open"}
	switch runtime.GOOS {
	case "darwin":
		command = []string{"open"}
	case "windows":
		command = []string{"rundll32", "url.dll,FileProtocolHandler"}
	default: // without a desktop, xdg-open would take a browser for terminals
		if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
			note(errors.New("this machine has no desktop (DISPLAY and WAYLAND_DISPLAY are not set)"))
			return
		}
	}
	c := exec.Command(command[0], append(command[1:], address)...)
	switch err := c.Start(); {
	case errors.Is(err, exec.ErrNotFound):
		note(fmt.Errorf("the program %s is not installed", command[0]))
	case err != nil:
		note(err)
	default:
		go func() {
			if err := c.Wait(); err != nil {
				note(fmt.Errorf("%s failed (%w)", command[0], err))
			}
		}()
	}
}
