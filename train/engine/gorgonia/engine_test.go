package gorgonia

import (
	"testing"

	"abtool/train/engine"
	"abtool/train/engine/enginetest"
)

func TestParity(t *testing.T) {
	enginetest.Parity(t, 1e-5, func(c engine.Config) (engine.Engine, error) { return New(c) })
}
