//go:build unix

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The first Ctrl-C within a step saves the run, and the second ends the program at once. Both leave a run that
// can be continued.
func TestInterruptedTraining(t *testing.T) {
	if testing.Short() {
		t.Skip("trains a network with long steps")
	}
	engines := []string{"gorgonia"}
	if xlaAlso != "" && os.Getenv(pluginVariable) != "" {
		engines = append(engines, "xla")
	}
	dir := t.TempDir()
	synth := exec.Command("abtool", "synth", "imagenet", "--images", "40", "--images-out", "jpeg",
		"--out", "sim", "--quiet")
	synth.Dir = dir
	if out, err := synth.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			// An epoch is a step of seconds.
			train := []string{"train", "--engine", engine, "--images", "jpeg", "--supervision", "none",
				"--arch", "resnet18", "--size", "64", "--batch", "32",
				"--epochs", "4", "--set", "warmup_epochs=0", "--holdout", "0.2", "--jobs", "2",
				"--quiet", "--out", engine}
			times := filepath.Join(dir, engine, "times.jsonl")

			first := begin(t, dir, train...)
			first.until(t, "an epoch", func() bool { return lines(times) == 1 })
			first.interrupt(t)
			var failed *exec.ExitError
			if err := first.ended(t); !errors.As(err, &failed) || failed.ExitCode() != 1 ||
				!strings.Contains(first.said(), "stopped; the run can be continued with --resume: saved in "+engine) {
				t.Fatalf("after Ctrl-C: %v: %s", err, first.said())
			}

			second := begin(t, dir, append(train, "--resume")...)
			second.until(t, "another epoch", func() bool { return lines(times) > 2 })
			second.interrupt(t)
			second.until(t, "the advice", func() bool { return strings.Contains(second.said(), "Ctrl-C again ends the program at once") })
			second.interrupt(t)
			began := time.Now()
			err := second.ended(t)
			passed := time.Since(began)
			if !errors.As(err, &failed) || failed.Sys().(syscall.WaitStatus).Signal() != syscall.SIGINT {
				t.Errorf("after the second Ctrl-C: %v: %s", err, second.said())
			}
			t.Logf("%s after the second Ctrl-C", passed)

			last := begin(t, dir, append(train, "--resume")...)
			if err := last.ended(t); err != nil || lines(times) < 4 {
				t.Errorf("continued: %v: %s", err, last.said())
			}
		})
	}
}

// process is a running abtool.
type process struct {
	cmd  *exec.Cmd
	done chan error

	mu   sync.Mutex
	text bytes.Buffer // its standard error
}

func begin(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command("abtool", args...), done: make(chan error, 1)}
	p.cmd.Dir, p.cmd.Stderr = dir, p
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.cmd.Process.Kill() })
	go func() { p.done <- p.cmd.Wait() }()
	return p
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// until waits for something that the process does before it ends.
func (p *process) until(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for !happened() {
		select {
		case err := <-p.done:
			t.Fatalf("it ended before %s: %v: %s", what, err, p.said())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (p *process) interrupt(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
}

// ended returns how the process ended.
func (p *process) ended(t *testing.T) error {
	t.Helper()
	select {
	case err := <-p.done:
		return err
	case <-time.After(2 * time.Minute):
		t.Fatalf("it does not end: %s", p.said())
		return nil
	}
}

// lines returns the number of lines of a file.
func lines(path string) int {
	b, _ := os.ReadFile(path)
	return bytes.Count(b, []byte("\n"))
}
