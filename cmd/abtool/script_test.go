package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"abtool": main, "abtool-lines": runLines})
}

// pluginVariable names the PJRT plugin that scripts compute with.
const pluginVariable = "PJRT_PLUGIN_LIBRARY_PATH"

// TestScripts runs the command lines in testdata/script as a user would type them.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
		Cmds:          map[string]func(ts *testscript.TestScript, neg bool, args []string){"exitcode": exitCode},
		Condition: func(name string) (bool, error) {
			switch name {
			case "xla":
				return xlaAlso != "", nil
			case "pjrt": // a plugin to compute with, which need not be CUDA's
				return xlaAlso != "" && os.Getenv(pluginVariable) != "", nil
			}
			return false, fmt.Errorf("unknown condition %s", name)
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv(pluginVariable, os.Getenv(pluginVariable))
			guide, err := filepath.Abs("../../docs/guide")
			e.Setenv("GUIDE", guide)
			return err
		},
	})
}

// exitCode runs a command and checks its exit code: exitcode 3 abtool ingest …
func exitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode N command [args...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		var code interface{ ExitCode() int }
		if e, ok := err.(interface{ ExitCode() int }); ok {
			code = e
			got = string(rune('0' + code.ExitCode()))
		} else {
			ts.Fatalf("%v", err)
		}
	}
	if got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}
