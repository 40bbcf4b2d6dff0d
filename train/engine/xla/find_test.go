//go:build xla

package xla

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// file makes an empty file and its folders.
func file(t *testing.T, parts ...string) string {
	t.Helper()
	path := filepath.Join(parts...)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// python writes a script that answers like a Python whose packages are in site.
func python(t *testing.T, site string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "python")
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho "+site+"\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFind(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Setenv(PathVariable, "")
	site := t.TempDir()
	py := python(t, site)
	var none *NotFound
	if _, err := Find(py); !errors.As(err, &none) || !strings.Contains(err.Error(), filepath.Join(site, "jax_plugins")) || !strings.Contains(err.Error(), PathVariable) {
		t.Errorf("error %v", err)
	}
	file(t, site, "jax_plugins/xla_cuda12/xla_cuda_plugin.so")
	file(t, site, "jax_plugins/zzz/other_plugin.so")
	newest := file(t, site, "jax_plugins/xla_cuda13/xla_cuda_plugin.so")
	if p, err := Find(py); err != nil || p.Path != newest || !strings.Contains(p.How, "JAX") {
		t.Errorf("%+v, %v", p, err)
	}
	dir := t.TempDir()
	named := file(t, dir, "pjrt_c_api_cuda_plugin.so")
	t.Setenv(PathVariable, t.TempDir()+":"+dir)
	if p, err := Find(py); err != nil || p.Path != named || p.How != PathVariable {
		t.Errorf("%+v, %v", p, err)
	}
	t.Setenv(PathVariable, "")
	if _, err := Find(filepath.Join(dir, "no-python")); err == nil || !strings.Contains(err.Error(), "no-python") {
		t.Errorf("error %v", err)
	}
}

func TestEnvironment(t *testing.T) {
	site := t.TempDir()
	plugin := file(t, site, "jax_plugins/xla_cuda13/xla_cuda_plugin.so")
	file(t, site, "nvidia/cu13/lib/libcublas.so")
	t.Setenv("XLA_FLAGS", "--xla_dump_to=x")
	t.Setenv("NVIDIA_TF32_OVERRIDE", "")
	t.Setenv("GOMLX_NO_AUTO_INSTALL", "")
	for range 2 { // the second time nothing is added
		if err := environment(plugin, Float32); err != nil {
			t.Fatal(err)
		}
		if got, want := os.Getenv("XLA_FLAGS"), "--xla_dump_to=x --xla_gpu_cuda_data_dir="+filepath.Join(site, "nvidia/cu13"); got != want {
			t.Errorf("XLA_FLAGS is %q, want %q", got, want)
		}
	}
	if os.Getenv("NVIDIA_TF32_OVERRIDE") != "0" || os.Getenv("GOMLX_NO_AUTO_INSTALL") != "1" {
		t.Error("variables are not set")
	}
	if got := libraryPath(plugin); got != filepath.Join(site, "nvidia/cu13/lib") {
		t.Error(got)
	}
}

// If a file is not a plugin, the error says so and what may be missing.
func TestNoPlugin(t *testing.T) {
	if _, err := Look(Options{Plugin: filepath.Join(t.TempDir(), "none.so")}); err == nil || !strings.Contains(err.Error(), "there is no PJRT plugin") {
		t.Errorf("error %v", err)
	}
	site := t.TempDir()
	file(t, site, "nvidia/cu13/lib/libcublas.so")
	t.Setenv("LD_LIBRARY_PATH", "")
	t.Setenv("XLA_FLAGS", "")
	t.Setenv("GOMLX_NO_AUTO_INSTALL", "")
	_, err := Look(Options{Plugin: file(t, site, "jax_plugins/xla_cuda13/xla_cuda_plugin.so")})
	if err == nil || !strings.Contains(err.Error(), "does not work here") || !strings.Contains(err.Error(), "export LD_LIBRARY_PATH="+filepath.Join(site, "nvidia/cu13/lib")) {
		t.Errorf("error %v", err)
	}
	r, err := Look(Options{Plugin: PureGo})
	if err != nil || len(r.Devices) != 1 || r.Plugin.Path != PureGo {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestMemoryOf(t *testing.T) {
	const lines = "11, 300\n12, 40\n11, 2\n"
	if n, err := memoryOf(11, lines); err != nil || n != 302<<20 {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := memoryOf(13, lines); err == nil {
		t.Error("a process that is not listed")
	}
}
