//go:build xla

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Parts that fail in scripts/gpu-check do not lose the results of the others, and the same command goes on with
// them alone. Small programs take the places of gpucheck, of PyTorch and of nvidia-smi.
func TestScript(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is missing")
	}
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o777); err != nil {
			t.Fatal(err)
		}
		return path
	}
	sampled := filepath.Join(dir, "sampled") // nvidia-smi has measured while a program ran
	write("nvidia-smi", "#!/bin/sh\ncase \"$*\" in *-lms*) echo 5100; touch "+sampled+"; exec sleep 60 ;; *) echo 100 ;; esac\n")
	program := func(name, text string) string {
		return write(name, "#!/bin/sh\necho \"$*\" >> \"$0.calls\"\nuntil rm "+sampled+" 2> /dev/null; do sleep 0.01; done\n"+text)
	}
	// The loader ends with an error, training with a result and an error, resuming with nonsense.
	check := program("gpucheck", `
case $1 in
devices) echo '{"plugin": {"path": "p.so", "how": "as given"}, "about": "a plugin", "devices": ["'"${DEVICE:-one}"'"]}' ;;
parity) echo '{"networks": [], "precision": "float32", "tolerance": 0.1}' ;;
loader) [ -e "$0.well" ] || { echo it broke >&2; exit 3; }
	echo '{"decoder": "none", "size": 1, "workers": 2, "images_per_s_and_core": 7, "images_per_s": 14}' ;;
train) echo '{"first_loss": 2, "last_loss": 1, "first_distance": 0.2, "last_distance": 0.1, "top1": 1, "seconds": 3, "waited": 0, "checkpoint_bytes": 5}'
	[ -e "$0.well" ] || { echo the loss rises >&2; exit 1; } ;;
resume) [ -e "$0.well" ] || { echo nonsense; exit; }
	echo '{"stopped_at_step": 1, "loss": 1, "cpu_loss": 1, "distance": 0, "back_loss": 1, "back_distance": 0}' ;;
feed) echo '{"arch": "resnet50", "batch": 2, "images_per_s": 3, "waited": 0, "loader_images_per_s_and_core": 7}' ;;
speed) echo '{"images_per_s": 30}' ;;
esac
`)
	torch := program("python", `echo '{"images_per_s": 20}'`)
	results := filepath.Join(dir, "results.json")
	run := func(device string) (out string, calls []string, code int) {
		t.Helper()
		c := exec.Command(python, "../../scripts/gpu-check", "--tiny", "--python", torch, "--json", results, check)
		c.Env = append(os.Environ(), "DEVICE="+device, "PATH="+dir+":"+os.Getenv("PATH"))
		text, err := c.CombinedOutput()
		if _, ok := err.(*exec.ExitError); err != nil && !ok {
			t.Fatal(err)
		}
		for _, name := range []string{check, torch} {
			b, _ := os.ReadFile(name + ".calls") // missing if it was not called
			calls = append(calls, strings.FieldsFunc(string(b), func(r rune) bool { return r == '\n' })...)
			os.Remove(name + ".calls")
		}
		return string(text), calls, c.ProcessState.ExitCode()
	}
	read := func() (r struct {
		Results map[string]map[string]any
		Faults  map[string]string
	}) {
		t.Helper()
		b, err := os.ReadFile(results)
		if err == nil {
			err = json.Unmarshal(b, &r)
		}
		if err != nil {
			t.Fatal(err)
		}
		return r
	}

	out, calls, code := run("one")
	const all = 6 + 4 + 8 // parts; configurations of gpucheck, and of PyTorch in two ways
	if code != 1 || len(calls) != all {
		t.Errorf("exit code %d after %d calls, want 1 after %d: %s", code, len(calls), all, out)
	}
	for _, want := range []string{
		"FAILED loader -size 32 -batch 16 -images 48: it broke\n", "FAILED train -images 48 -size 8: the loss rises\n", "FAILED resume -images 48 -size 8: no result in its output\n",
		"Training: loss 2.000 → 1.000", "| resnet50 | 2 | bf16 | 30 | 20 | 20 | 1.50 | 1.50 | 5.2, 5.2, 5.2 |\n", "| vit_s | 2 | tf32 | 30 | 20 | 20 | 1.50 | 1.50 | 5.2, 5.2, 5.2 |\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %s", want, out)
		}
	}
	if r := read(); len(r.Results) != all-2 || len(r.Faults) != 3 || r.Results["torch vit_s 32 2 tf32 compile"]["peak_bytes"] != 5000.0*(1<<20) {
		t.Errorf("%d results, faults %v", len(r.Results), r.Faults)
	}

	if out, calls, code = run("two"); code != 1 || len(calls) != 1 || !strings.Contains(out, "has results of other devices (one): give another file") {
		t.Errorf("on another device: exit code %d after %q: %s", code, calls, out)
	}
	if r := read(); len(r.Faults) != 3 {
		t.Errorf("the results of the first device are lost: %v", r)
	}

	write("gpucheck.well", "")
	if out, calls, code = run("one"); code != 0 || len(calls) != 4 || strings.Contains(out, "FAILED") || !strings.Contains(out, "Loader: 14 img/s") {
		t.Errorf("the second call: exit code %d after %q: %s", code, calls, out)
	}
	if r := read(); len(r.Results) != all || len(r.Faults) != 0 {
		t.Errorf("%d results, faults %v", len(r.Results), r.Faults)
	}
}
