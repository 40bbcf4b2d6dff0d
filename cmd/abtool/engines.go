package main

import (
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"abtool/internal/ui"
	"abtool/internal/usage"
	"abtool/train/engine"
	"abtool/train/engine/gorgonia"
)

const xlaName = "xla"

// engineOptions say which engine computes, and how.
type engineOptions struct {
	name      string // gorgonia, xla, or xla:PLUGIN
	python    string
	precision string
	devices   int
}

func (o *engineOptions) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.name, "engine", gorgonia.Name,
		"`ENGINE` to compute with: "+gorgonia.Name+" (this processor), xla (a GPU)\n"+
			"or xla:PLUGIN.so; abtool engines lists them")
	f.StringVar(&o.python, "python", "", "xla: `PYTHON` whose JAX installation has the plugin (default\n"+
		"python3 in PATH)")
	f.StringVar(&o.precision, "precision", "",
		"xla: precision of matrix products: tf32 (the default), bf16 or\nfloat32")
}

// maker returns a function that makes the engine of the options. A plugin is searched for when the function is
// first called.
func (o engineOptions) maker() (func(engine.Config) (engine.Engine, error), error) {
	kind, plugin, named := strings.Cut(o.name, ":")
	switch {
	case o.name == gorgonia.Name && (o.precision != "" && o.precision != "float32" ||
		o.devices != 0 || o.python != ""):
		return nil, usage.Errorf("--precision, --devices and --python are for --engine %s: %s computes in "+
			"float32 on this processor", xlaName, gorgonia.Name)
	case o.name == gorgonia.Name:
		return func(c engine.Config) (engine.Engine, error) { return gorgonia.New(c) }, nil
	case kind == xlaName && (!named || plugin != ""):
		return o.xla(plugin)
	}
	return nil, usage.Errorf("unknown engine %q: this program has %s; abtool engines describes them", o.name,
		gorgonia.Name+xlaAlso)
}

// engineInfo describes an engine, as abtool engines prints it.
type engineInfo struct {
	Name    string   `json:"name"`
	Ready   bool     `json:"ready"`
	About   string   `json:"about"`
	Plugin  string   `json:"plugin,omitempty"`
	Found   string   `json:"found,omitempty"` // where the plugin was found
	Devices []string `json:"devices,omitempty"`
	GPUs    []string `json:"gpus,omitempty"` // name, memory, driver
	Why     string   `json:"why,omitempty"`  // why it is not ready
}

func enginesCommand(s streams) *cobra.Command {
	o := engineOptions{}
	json := false
	c := &cobra.Command{
		Use:   "engines [xla:PLUGIN.so]",
		Short: "List the processors and GPUs that can train networks",
		Long: `List the engines that abtool train and abtool eval can compute with: gorgonia, which uses this
processor, and xla, which uses an NVIDIA GPU through a PJRT plugin. For xla the plugin that was
found, its version, the devices and their memory are printed.

The plugin is searched for in PJRT_PLUGIN_LIBRARY_PATH and in the JAX installation of the active
Python, or of --python. Nothing is downloaded.`,
		Example: `  abtool engines
  abtool engines --python ~/venv/bin/python
  abtool engines xla:/opt/jax_plugins/xla_cuda13/xla_cuda_plugin.so --json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 || len(args) == 1 && !strings.HasPrefix(args[0], xlaName+":") {
				return usage.Errorf("engines takes at most one argument, xla:PLUGIN.so")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			list := []engineInfo{{Name: gorgonia.Name, Ready: true,
				About: fmt.Sprintf("%d processors; %s multiplies matrices; float32",
					runtime.GOMAXPROCS(0), gorgonia.BLAS)}}
			plugin := ""
			if len(args) == 1 {
				plugin = strings.TrimPrefix(args[0], xlaName+":")
			}
			list = append(list, o.look(plugin))
			if json {
				return ui.PrintJSON(s.out, list)
			}
			printEngines(s.out, list)
			return nil
		},
	}
	c.Flags().StringVar(&o.python, "python", "",
		"`PYTHON` whose JAX installation has the plugin (default python3 in\nPATH)")
	c.Flags().BoolVar(&json, "json", false, "print the list as JSON")
	return c
}

func printEngines(w io.Writer, list []engineInfo) {
	for _, e := range list {
		state := "ready"
		if !e.Ready {
			state = "not ready"
		}
		fmt.Fprintf(w, "%s: %s\n", e.Name, state)
		for _, text := range []string{e.About, e.Why} {
			for line := range strings.Lines(text) {
				fmt.Fprintf(w, "  %s\n", ui.Clean(strings.TrimSuffix(line, "\n")))
			}
		}
		if e.Plugin != "" {
			fmt.Fprintf(w, "  plugin: %s (%s)\n", ui.Clean(e.Plugin), ui.Clean(e.Found))
		}
		for _, d := range e.Devices {
			fmt.Fprintf(w, "  device: %s\n", ui.Clean(d))
		}
		for _, g := range e.GPUs {
			fmt.Fprintf(w, "  GPU: %s\n", ui.Clean(g))
		}
	}
}
