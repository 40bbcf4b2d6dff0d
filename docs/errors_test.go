package docs

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite errors.txt")

// errorFunctions make errors of a text, which is their first argument.
var errorFunctions = map[string]bool{"errors.New": true, "fmt.Errorf": true, "usage.Errorf": true}

// The list of all error texts is up to date, so that they can be read in one go: errors.txt, by package.
func TestErrors(t *testing.T) {
	texts := map[string]map[string]bool{}
	n := 0
	for _, path := range files(t, ".go") {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		pkg := filepath.ToSlash(filepath.Dir(strings.TrimPrefix(path, "../")))
		ast.Inspect(f, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 || !errorFunctions[name(call.Fun)] {
				return true
			}
			if text := constant(call.Args[0]); text != "" {
				if texts[pkg] == nil {
					texts[pkg] = map[string]bool{}
				}
				texts[pkg][strings.ReplaceAll(text, "\n", `\n`)] = true
				n++
			}
			return true
		})
	}
	if n < 300 {
		t.Errorf("only %d errors were found", n)
	}
	var want bytes.Buffer
	for _, pkg := range slices.Sorted(maps.Keys(texts)) {
		fmt.Fprintf(&want, "%s\n", pkg)
		for _, text := range slices.Sorted(maps.Keys(texts[pkg])) {
			fmt.Fprintf(&want, "  %s\n", text)
		}
	}
	const file = "errors.txt"
	if *update {
		if err := os.WriteFile(file, want.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want.Bytes()) {
		t.Error("errors.txt is not the program's list of errors: read what is new in it after go test ./docs -run TestErrors -update")
	}
}

// name returns "package.Function" of a call.
func name(fun ast.Expr) string {
	if s, ok := fun.(*ast.SelectorExpr); ok {
		if x, ok := s.X.(*ast.Ident); ok {
			return x.Name + "." + s.Sel.Name
		}
	}
	return ""
}

// constant returns the text of a literal or of literals that are added; what is not a literal is "…".
func constant(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, _ := strconv.Unquote(e.Value)
		return text
	case *ast.BinaryExpr:
		return constant(e.X) + constant(e.Y)
	}
	return "…"
}
