//go:build xla

package xla

import (
	"testing"

	"abtool/train/engine"
	"abtool/train/engine/enginetest"
)

func pure(c engine.Config) (engine.Engine, error) { return New(c, Options{Plugin: PureGo}) }

func TestParity(t *testing.T) { enginetest.Parity(t, 1e-5, pure) }
