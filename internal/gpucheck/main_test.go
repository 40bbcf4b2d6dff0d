//go:build xla

package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"abtool/train/engine/xla"
)

// Each part runs on GoMLX's backend in Go, at small sizes.
func TestParts(t *testing.T) { testParts(t, xla.PureGo) }

// Each part runs on a PJRT plugin, at small sizes.
func TestPartsOnPlugin(t *testing.T) {
	p, err := xla.Find("")
	if err != nil {
		t.Skip("no PJRT plugin is installed here; scripts/pjrt-cpu installs one that needs no GPU")
	}
	testParts(t, p.Path)
}

func testParts(t *testing.T, engine string) {
	if testing.Short() {
		t.Skip("slow without a GPU")
	}
	for _, args := range []string{
		"devices", "parity -size 8 -tolerance 1e-4", "speed -arch resnet8 -size 8 -batch 4 -steps 2 -warm 1 -precision bf16", "speed -arch vit_mini_patch4_32 -size 8 -batch 4 -steps 2 -warm 0",
		"loader -size 32 -batch 8 -images 16", "feed -arch resnet8 -size 16 -batch 4 -steps 3", "train -images 96 -size 8 -out " + t.TempDir(), "resume -images 32 -size 8 -out " + t.TempDir(),
	} {
		var out bytes.Buffer
		fields := strings.Fields(args)
		if err := run(append(fields[:1:1], append([]string{"-engine", engine}, fields[1:]...)...), &out); err != nil {
			t.Errorf("%s: %v", args, err)
		}
		var result map[string]any
		if err := json.Unmarshal(out.Bytes(), &result); err != nil || len(result) == 0 {
			t.Errorf("%s: %v in %s", args, err, out.String())
		}
		t.Logf("%s: %s", args, out.String())
	}
}

func TestWrongUse(t *testing.T) {
	for want, args := range map[string][]string{"give a part": nil, "-out is missing": {"train"}, "no PJRT plugin": {"devices", "-engine", "none.so"}} {
		if err := run(args, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, want %q", args, err, want)
		}
	}
}
