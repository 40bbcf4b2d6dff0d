//go:build xla

package xla

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// PathVariable is the environment variable with the folders to search first, separated by colons; or with
// the path of a plugin.
const PathVariable = "PJRT_PLUGIN_LIBRARY_PATH"

// A Plugin is a PJRT plugin that was found.
type Plugin struct {
	Path string `json:"path"`
	How  string `json:"how"` // which search found it
}

// A NotFound error lists the places where no plugin was found.
type NotFound struct{ Looked []string }

func (e *NotFound) Error() string {
	return "no PJRT plugin was found in:\n  " + strings.Join(e.Looked, "\n  ") +
		"\nJAX for CUDA has one (pip install \"jax[cuda13]\" in a Python that --python then names); or give the file as --engine xla:/path/xla_cuda_plugin.so. abtool downloads nothing"
}

// Find looks for a plugin in PathVariable, then in the JAX installation of python (or, if that is empty, of
// the active environment or PATH), then where go-xla installs plugins.
func Find(python string) (Plugin, error) {
	var looked []string
	try := func(how, dir string) (Plugin, bool) {
		path := pluginIn(dir)
		looked = append(looked, dir+" ("+how+")")
		return Plugin{path, how}, path != ""
	}
	if list := os.Getenv(PathVariable); list != "" {
		for _, dir := range filepath.SplitList(list) {
			if p, ok := try(PathVariable, dir); ok {
				return p, nil
			}
		}
	} else {
		looked = append(looked, PathVariable+" (not set)")
	}
	name, dirs, err := sitePackages(python)
	if err != nil {
		if python != "" {
			return Plugin{}, err
		}
		looked = append(looked, err.Error())
	}
	for _, dir := range dirs {
		if p, ok := try("JAX of "+name, filepath.Join(dir, "jax_plugins")); ok {
			return p, nil
		}
	}
	home, _ := os.UserHomeDir()
	for _, dir := range []string{filepath.Join(home, ".local/lib/go-xla"), "/usr/local/lib/go-xla"} {
		if p, ok := try("go-xla", filepath.Join(dir, "nvidia")); ok {
			return p, nil
		}
		if p, ok := try("go-xla", dir); ok {
			return p, nil
		}
	}
	return Plugin{}, &NotFound{looked}
}

// pluginIn returns the best plugin in a folder or its subfolders, or the path itself if it is a file; "" if
// there is none. It prefers CUDA's plugins, and the newest of them.
func pluginIn(dir string) string {
	if info, err := os.Stat(dir); err == nil && info.Mode().IsRegular() {
		return dir
	}
	var found []string
	for _, pattern := range []string{"*plugin*.so", "*/*plugin*.so"} {
		files, _ := filepath.Glob(filepath.Join(dir, pattern))
		found = append(found, files...)
	}
	slices.SortFunc(found, func(a, b string) int {
		if x, y := strings.Contains(a, "cuda"), strings.Contains(b, "cuda"); x != y {
			if x {
				return -1
			}
			return 1
		}
		return -strings.Compare(a, b)
	})
	if len(found) == 0 {
		return ""
	}
	path, err := filepath.Abs(found[0])
	if err != nil {
		return found[0]
	}
	return path
}

// sitePackages runs a Python to list the folders in which it looks for packages.
func sitePackages(python string) (name string, dirs []string, err error) {
	name = python
	if name == "" {
		name = activePython()
	}
	if name == "" {
		return "", nil, fmt.Errorf("no python3 or python in PATH")
	}
	out, err := exec.Command(name, "-c", "import sys; print('\\n'.join(p for p in sys.path if p))").Output()
	if err != nil {
		return name, nil, fmt.Errorf("asking %s for its packages: %w", name, err)
	}
	for _, dir := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			dirs = append(dirs, dir)
		}
	}
	return name, dirs, nil
}

// activePython returns the Python of the active environment, or else of PATH.
func activePython() string {
	for _, variable := range []string{"VIRTUAL_ENV", "CONDA_PREFIX"} {
		if dir := os.Getenv(variable); dir != "" {
			if path := filepath.Join(dir, "bin", "python"); exists(path) {
				return path
			}
		}
	}
	for _, name := range []string{"python3", "python"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// environment sets the variables that a plugin reads when it is loaded: where CUDA's compiler files are,
// which pip installs next to the plugin, and that nothing may be downloaded.
func environment(plugin string, p Precision) error {
	set := map[string]string{"GOMLX_NO_AUTO_INSTALL": "1"}
	if flags := os.Getenv("XLA_FLAGS"); !strings.Contains(flags, cudaFlag) {
		if dir := cudaDir(plugin); dir != "" {
			set["XLA_FLAGS"] = strings.TrimSpace(flags + " " + cudaFlag + "=" + dir)
		}
	}
	if p == Float32 {
		set["NVIDIA_TF32_OVERRIDE"] = "0" // there is no option for convolutions alone
	}
	for k, v := range set {
		if err := os.Setenv(k, v); err != nil {
			return err
		}
	}
	return nil
}

const cudaFlag = "--xla_gpu_cuda_data_dir"

// cudaDir returns the folder of CUDA's files that belongs to a plugin of JAX: for
// SITE/jax_plugins/xla_cuda13/… it is SITE/nvidia/cu13. It returns "" if there is none.
func cudaDir(plugin string) string {
	for _, site := range []string{filepath.Dir(filepath.Dir(filepath.Dir(plugin))), filepath.Dir(filepath.Dir(plugin))} {
		for _, name := range []string{"nvidia/cu13", "nvidia/cuda_nvcc"} {
			if dir := filepath.Join(site, name); exists(dir) {
				return dir
			}
		}
	}
	return ""
}

// libraryPath returns the value that LD_LIBRARY_PATH needs if a library of CUDA's is missing, or "" if pip
// has installed none next to the plugin.
func libraryPath(plugin string) string {
	site := filepath.Dir(filepath.Dir(filepath.Dir(plugin)))
	dirs, _ := filepath.Glob(filepath.Join(site, "nvidia/*/lib"))
	return strings.Join(dirs, ":")
}
