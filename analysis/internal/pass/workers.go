package pass

import "slices"

// Unite appends to to what it does not have yet of from.
func Unite[T comparable](to, from []T) []T {
	for _, v := range from {
		if !slices.Contains(to, v) {
			to = append(to, v)
		}
	}
	return to
}

// When a worker is flagged.
const (
	FlagClicks      = 20  // fewer clicks tell nothing
	CentreFlagShare = 0.5 // more clicks than this within centreRadius of the middle
	RushFlagTime    = 0.5 // median time to click below this share of the median worker's
	BotFlagShare    = 0.2 // more clicks than this without a trace, or with a straight one
)

// CentreRadius is how near a click is to (0.5, 0.5) to count as on the centre, in fractions of
// the axes.
const CentreRadius = 0.05
