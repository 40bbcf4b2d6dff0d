package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// errNoJupyter says what is missing, and how to come by it.
var errNoJupyter = errors.New("jupyter nbconvert is not installed: apt-get install jupyter-nbconvert, or pip install nbconvert")

// jupyter executes and renders notebooks with a kernel of its own.
type jupyter struct {
	root string // of the clone
	temp string // with the kernel, abtool, and what is being executed
	env  []string
	cmd  []string
}

// newJupyter builds the kernel and abtool, and describes the kernel to Jupyter in a folder that only this process's children look into.
func newJupyter(ctx context.Context, root string) (*jupyter, error) {
	j := &jupyter{root: root}
	if j.cmd = nbconvert(); j.cmd == nil {
		return nil, errNoJupyter
	}
	var err error
	if j.temp, err = os.MkdirTemp("", "abtool-notebooks-"); err != nil {
		return nil, err
	}
	bin := filepath.Join(j.temp, "bin")
	err = errors.Join(
		j.run(ctx, filepath.Join(root, "notebooks", "kernel"), "go", "build", "-o", bin+"/", "tool"),
		j.run(ctx, root, "go", "build", "-o", bin+"/", "./cmd/abtool"),
		j.describe(filepath.Join(bin, "gonb")),
	)
	if err != nil {
		j.close()
		return nil, err
	}
	flags, err := exec.CommandContext(ctx, "go", "env", "GOFLAGS").Output()
	if err != nil {
		j.close()
		return nil, err
	}
	j.env = append(os.Environ(), "GOFLAGS="+strings.TrimSpace(string(flags))+" "+linking(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "JUPYTER_PATH="+filepath.Join(j.temp, "jupyter"))
	return j, nil
}

// linking is a flag for quick links, for every cell is a program: without symbols, and by gold if it is there, which takes half the time.
func linking() string {
	if _, err := exec.LookPath("ld.gold"); err == nil {
		return "'-ldflags=-s -extldflags=-fuse-ld=gold'"
	}
	return "-ldflags=-s"
}

// nbconvert is the command line of Jupyter's converter; nil if there is none.
func nbconvert() []string {
	if _, err := exec.LookPath("jupyter-nbconvert"); err == nil {
		return []string{"jupyter-nbconvert"}
	}
	if exec.Command("jupyter", "nbconvert", "--version").Run() == nil {
		return []string{"jupyter", "nbconvert"}
	}
	return nil
}

func (j *jupyter) close() { os.RemoveAll(j.temp) }

// describe writes the file by which Jupyter finds the kernel.
func (j *jupyter) describe(gonb string) error {
	dir := filepath.Join(j.temp, "jupyter", "kernels", "gonb")
	spec, err := json.Marshal(map[string]any{"argv": []string{gonb, "--kernel", "{connection_file}", "--raw_error"}, "display_name": "Go (gonb)", "language": "go", "name": "gonb"})
	if err != nil {
		return err
	}
	return errors.Join(os.MkdirAll(dir, 0o777), os.WriteFile(filepath.Join(dir, "kernel.json"), spec, 0o666))
}

// execute runs a notebook where it lies, and gives the path of an executed copy.
func (j *jupyter) execute(ctx context.Context, file string) (string, error) {
	out := filepath.Join(j.temp, "executed")
	err := j.run(ctx, filepath.Dir(file), j.cmd[0], append(j.cmd[1:len(j.cmd):len(j.cmd)],
		"--to", "notebook", "--execute", "--ExecutePreprocessor.timeout=300", "--output-dir", out, filepath.Base(file))...)
	return filepath.Join(out, filepath.Base(file)), err
}

// render makes a page of an executed notebook. It needs no network.
func (j *jupyter) render(ctx context.Context, file, dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil { // nbconvert cannot where two of it would
		return err
	}
	return j.run(ctx, j.temp, j.cmd[0], append(j.cmd[1:len(j.cmd):len(j.cmd)],
		"--to", "html", "--HTMLExporter.mathjax_url=", "--HTMLExporter.require_js_url=", "--HTMLExporter.jquery_url=", "--output-dir", dir, file)...)
}

// run runs a command; the error has what it said.
func (j *jupyter) run(ctx context.Context, dir, name string, args ...string) error {
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, j.env, &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, strings.TrimSpace(said.String()))
	}
	return nil
}
