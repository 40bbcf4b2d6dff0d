package main

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"abtool/internal/docgen"
)

// helpWidth is how wide a line of --help may be.
const helpWidth = 100

// docs/reference/commands.md holds the output of --help for every command.
func TestDoc(t *testing.T) {
	var page docgen.Page
	var add func(c *cobra.Command, path ...string)
	add = func(c *cobra.Command, path ...string) {
		for _, c := range c.Commands() {
			if !c.IsAvailableCommand() {
				continue
			}
			words := append(slices.Clone(path), c.Name())
			name := strings.Join(words, " ")
			help := strings.TrimSpace(command(t, append(words, "--help")...))
			for line := range strings.Lines(help) {
				if utf8.RuneCountInString(strings.TrimRight(line, "\n")) > helpWidth {
					t.Errorf("abtool %s --help: a line is wider than %d columns: %s", name, helpWidth, line)
				}
			}
			page.Printf("## %s\n\n```text\n%s\n```\n\n", name, help)
			add(c, words...)
		}
	}
	add(rootCommand(streams{}))
	docgen.Check(t, "../../docs/reference/commands.md", *update, map[string]string{"commands": page.String()})
}
