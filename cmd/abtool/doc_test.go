package main

import (
	"strings"
	"testing"

	"abtool/internal/docgen"
)

// The reference of commands is what --help prints.
func TestDoc(t *testing.T) {
	var page docgen.Page
	for _, c := range rootCommand(streams{}).Commands() {
		if !c.IsAvailableCommand() {
			continue
		}
		help := strings.TrimSpace(command(t, c.Name(), "--help"))
		page.Printf("## %s\n\n```text\n%s\n```\n\n", c.Name(), help)
	}
	docgen.Check(t, "../../docs/reference/commands.md", *update, map[string]string{"commands": page.String()})
}
