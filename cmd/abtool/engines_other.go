//go:build !xla

package main

import (
	"errors"

	"abtool/internal/usage"
	"abtool/train/engine"
)

const xlaAlso = ""

// errNoXLA says how to build a program that has the GPU engine.
var errNoXLA = errors.New("this program was built without the GPU engine: build it with go build -tags xla " +
	"./cmd/abtool")

func (o engineOptions) xla(string) (func(engine.Config) (engine.Engine, error), error) {
	return nil, usage.Error(errNoXLA)
}

func (o engineOptions) look(string) engineInfo {
	return engineInfo{Name: xlaName, Why: errNoXLA.Error()}
}
