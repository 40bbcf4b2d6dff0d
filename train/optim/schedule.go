package optim

import (
	"fmt"
	"math"
)

// Curve names the shape of a learning rate schedule.
type Curve string

// The curves. The empty Curve is Constant.
const (
	Constant Curve = "constant"
	// Cosine falls from Base to Final along half a cosine over the steps after the warm-up: torch's
	// CosineAnnealingLR.
	Cosine Curve = "cosine"
	// Steps multiplies by Gamma at each milestone: torch's MultiStepLR.
	Steps Curve = "step"
)

// A Schedule determines the learning rate of each step. Its times are in steps, not in epochs.
type Schedule struct {
	Kind       Curve
	Base       float64 // learning rate after the warm-up, > 0
	Steps      int     // steps of the whole training, including the warm-up; Cosine ends here
	Warmup     int     // steps in which the rate rises linearly from WarmupFrom to Base
	WarmupFrom float64 // learning rate of the first warm-up step, ≥ 0
	Final      float64 // Cosine: where it ends, ≥ 0
	Milestones []int   // Steps: the steps at which the rate drops, in rising order, counted from the start of training
	Gamma      float64 // Steps: factor; 0 stands for DefaultGamma
}

// DefaultGamma is the factor of each milestone.
const DefaultGamma = 0.1

// Check returns an error if the schedule is invalid.
func (s Schedule) Check() error {
	switch {
	case s.Kind != "" && s.Kind != Constant && s.Kind != Cosine && s.Kind != Steps:
		return fmt.Errorf("unknown schedule %q: want %q, %q or %q", s.Kind, Constant, Cosine, Steps)
	case !(s.Base > 0) || math.IsInf(s.Base, 0):
		return fmt.Errorf("learning rate %g is not positive", s.Base)
	case !(s.WarmupFrom >= 0) || !(s.Final >= 0) || !(s.Gamma >= 0):
		return fmt.Errorf("warm-up from %g, final rate %g, factor %g: none may be negative", s.WarmupFrom, s.Final, s.Gamma)
	case s.Warmup < 0 || s.Kind == Cosine && s.Steps <= s.Warmup:
		return fmt.Errorf("a warm-up of %d steps does not fit a training of %d", s.Warmup, s.Steps)
	}
	return nil
}

// At returns the learning rate of step, counted from 0.
func (s Schedule) At(step int) float64 {
	if step < s.Warmup {
		return s.WarmupFrom + (s.Base-s.WarmupFrom)*float64(step)/float64(s.Warmup)
	}
	switch s.Kind {
	case Cosine:
		t := math.Min(1, float64(step-s.Warmup)/float64(max(1, s.Steps-s.Warmup)))
		return s.Final + (s.Base-s.Final)*(1+math.Cos(math.Pi*t))/2
	case Steps:
		gamma := s.Gamma
		if gamma == 0 {
			gamma = DefaultGamma
		}
		lr := s.Base
		for _, m := range s.Milestones {
			if step >= m {
				lr *= gamma
			}
		}
		return lr
	}
	return s.Base
}
