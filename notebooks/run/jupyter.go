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

// errNoJupyter says what is missing and how to install it.
var errNoJupyter = errors.New("jupyter nbconvert is not installed: apt-get install jupyter-nbconvert, or " +
	"pip install nbconvert")

// jupyter executes and renders notebooks with a kernel that it builds.
type jupyter struct {
	root string // root of the clone
	temp string // folder with the kernel, abtool, and the notebooks in execution
	env  []string
	cmd  []string
}

// newJupyter builds the kernel and abtool, and describes the kernel to Jupyter in a folder that only
// children of this process use.
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
	j.env = append(os.Environ(), "GOFLAGS="+strings.TrimSpace(string(flags))+" "+linking(),
		"PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "JUPYTER_PATH="+filepath.Join(j.temp, "jupyter"))
	return j, nil
}

// linking returns flags for fast linking, because every cell is a program: without symbols, and with gold
// if it is installed, which halves the time.
func linking() string {
	if _, err := exec.LookPath("ld.gold"); err == nil {
		return "'-ldflags=-s -extldflags=-fuse-ld=gold'"
	}
	return "-ldflags=-s"
}

// nbconvert returns the command line of Jupyter's converter, or nil if it is not installed.
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
	spec, err := json.Marshal(map[string]any{"argv": []string{gonb, "--kernel", "{connection_file}",
		"--raw_error"}, "display_name": "Go (gonb)", "language": "go", "name": "gonb"})
	if err != nil {
		return err
	}
	return errors.Join(os.MkdirAll(dir, 0o777), os.WriteFile(filepath.Join(dir, "kernel.json"), spec, 0o666))
}

// execute runs a notebook in its folder and returns the path of an executed copy.
func (j *jupyter) execute(ctx context.Context, file string) (string, error) {
	out := filepath.Join(j.temp, "executed")
	err := j.run(ctx, filepath.Dir(file), j.cmd[0], append(j.cmd[1:len(j.cmd):len(j.cmd)],
		"--to", "notebook", "--execute", "--ExecutePreprocessor.timeout=300", "--output-dir", out,
		filepath.Base(file))...)
	return filepath.Join(out, filepath.Base(file)), err
}

// render writes an executed notebook as a page of HTML, without using the network.
func (j *jupyter) render(ctx context.Context, file, dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil { // two nbconverts at the same time fail to create it
		return err
	}
	return j.run(ctx, j.temp, j.cmd[0], append(j.cmd[1:len(j.cmd):len(j.cmd)],
		"--to", "html", "--HTMLExporter.mathjax_url=", "--HTMLExporter.require_js_url=",
		"--HTMLExporter.jquery_url=", "--output-dir", dir, file)...)
}

// run runs a command. The error contains the command's output.
func (j *jupyter) run(ctx context.Context, dir, name string, args ...string) error {
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, j.env, &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, strings.TrimSpace(said.String()))
	}
	return nil
}
