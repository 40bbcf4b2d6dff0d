//go:build !xla

package main

import (
	"errors"

	"abtool/internal/usage"
	"abtool/train/engine"
)

const xlaAlso = ""

// errNoXLA says how a program with the GPU engine is made.
var errNoXLA = errors.New("this program was built without the GPU engine; with it: go build -tags xla ./cmd/abtool")

func (o engineOptions) xla(string) (func(engine.Config) (engine.Engine, error), error) {
	return nil, usage.Error(errNoXLA)
}

func (o engineOptions) look(string) engineInfo {
	return engineInfo{Name: xlaName, Why: errNoXLA.Error()}
}
