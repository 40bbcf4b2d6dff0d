//go:build xla

package main

import (
	"abtool/internal/usage"
	"abtool/train/engine"
	"abtool/train/engine/xla"
)

// xlaAlso names the engines that this program has in addition to gorgonia.
const xlaAlso = ", xla and xla:PLUGIN.so"

func (o engineOptions) xla(plugin string) (func(engine.Config) (engine.Engine, error), error) {
	options := xla.Options{Plugin: plugin, Python: o.python, Precision: xla.Precision(o.precision),
		Devices: o.devices}
	if err := options.Check(); err != nil {
		return nil, usage.Error(err)
	}
	return func(c engine.Config) (engine.Engine, error) { return xla.New(c, options) }, nil
}

func (o engineOptions) look(plugin string) engineInfo {
	e := engineInfo{Name: xlaName}
	r, err := xla.Look(xla.Options{Plugin: plugin, Python: o.python})
	e.Plugin, e.Found, e.About, e.Devices, e.GPUs, e.Ready = r.Plugin.Path, r.Plugin.How, r.About, r.Devices, r.GPUs, err == nil
	if err != nil {
		e.Why = err.Error()
	}
	return e
}
