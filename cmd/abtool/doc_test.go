package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"abtool/internal/docgen"
)

// helpWidth is how wide a line of --help may be.
const helpWidth = 100

// docs/reference/commands.md holds the output of --help for every command.
func TestDoc(t *testing.T) {
	var page docgen.Page
	for _, c := range rootCommand(streams{}).Commands() {
		if !c.IsAvailableCommand() {
			continue
		}
		help := strings.TrimSpace(command(t, c.Name(), "--help"))
		for line := range strings.Lines(help) {
			if utf8.RuneCountInString(strings.TrimRight(line, "\n")) > helpWidth {
				t.Errorf("abtool %s --help: a line is wider than %d columns: %s", c.Name(), helpWidth, line)
			}
		}
		page.Printf("## %s\n\n```text\n%s\n```\n\n", c.Name(), help)
	}
	docgen.Check(t, "../../docs/reference/commands.md", *update, map[string]string{"commands": page.String()})
}
