package synth

import (
	"math"
	"math/rand/v2"
)

// stage separates the random streams: what is drawn for one purpose does not depend on how
// much was drawn for another.
type stage uint64

const (
	stageWorker stage = iota + 1
	stageHIT
	stagePick
	stagePage
	stageImage
	stageOutcome
	stageShowing
	stageCandidate
	stageDamage
	stageStyle
	stageRender
	stageID
	stageScene
	stageVisit
	stageInstance
	stageRecording
)

// dice is a random stream that can be set to any (seed, stage, index).
type dice struct {
	pcg rand.PCG
	*rand.Rand
}

func newDice() *dice {
	d := new(dice)
	d.Rand = rand.New(&d.pcg)
	return d
}

func (d *dice) set(seed uint64, s stage, index uint64) *dice {
	h := hash(seed, s, index)
	d.pcg.Seed(h, mix(h^0x6a09e667f3bcc909))
	return d
}

// hash returns a random number of (seed, stage, index) without a stream.
func hash(seed uint64, s stage, index uint64) uint64 {
	return mix(mix(seed+uint64(s)*0x9e3779b97f4a7c15) ^ index*0xd1342543de82ef95)
}

// mix applies the finaliser of splitmix64, a bijection.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// unit turns a hash into a number in [0, 1).
func unit(h uint64) float64 { return float64(h>>11) * 0x1p-53 }

func (d *dice) chance(p float64) bool { return d.Float64() < p }

// normal draws from N(mean, sd²).
func (d *dice) normal(mean, sd float64) float64 { return mean + sd*d.NormFloat64() }

// within draws from N(mean, sd²) and clamps to [lo, hi].
func (d *dice) within(mean, sd, lo, hi float64) float64 {
	return min(max(d.normal(mean, sd), lo), hi)
}

// logNormal draws from the log-normal distribution with the given median; logSD is the sd of the logarithm.
func (d *dice) logNormal(median, logSD float64) float64 {
	return median * math.Exp(logSD*d.NormFloat64())
}

// between draws a whole number from lo to hi, both included.
func (d *dice) between(lo, hi int) int { return lo + d.IntN(hi-lo+1) }

const (
	upperHex = "0123456789ABCDEF"
	lowerHex = "0123456789abcdef"
	alnum    = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// code makes an identifier of n letters of the alphabet from a hash.
func code(h uint64, n int, alphabet string) string {
	b := make([]byte, n)
	for i := range b {
		if i%8 == 0 {
			h = mix(h)
		}
		b[i] = alphabet[h>>(8*(i%8))&0xff*uint64(len(alphabet))>>8]
	}
	return string(b)
}

// uuid returns an id as the front end makes them.
func uuid(h uint64) string {
	s := code(h, 32, lowerHex)
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// turkID returns an id as the crowdsourcing service gives HITs and assignments.
func turkID(h uint64) string { return "3" + code(h, 29, alnum) }

// scatter returns a permutation of 0..n-1: x -> (a x + b) mod n.
type scatter struct{ n, a, b, inv uint64 }

func newScatter(n int, h uint64) scatter {
	s := scatter{n: uint64(n), a: 1, inv: 1}
	if n < 3 {
		return s
	}
	s.b = h % s.n
	for a := uint64(float64(n)*0.6180339887) | 1; ; a++ {
		if inv, ok := inverse(a, s.n); ok {
			s.a, s.inv = a%s.n, inv
			return s
		}
	}
}

func (s scatter) at(x int) int   { return int((s.a*uint64(x) + s.b) % s.n) }
func (s scatter) back(y int) int { return int((uint64(y) + s.n - s.b) % s.n * s.inv % s.n) }

// inverse returns the multiplicative inverse of a modulo n, when there is one.
func inverse(a, n uint64) (uint64, bool) {
	t, next, r, rest := int64(0), int64(1), int64(n), int64(a%n)
	for rest != 0 {
		q := r / rest
		t, next = next, t-q*next
		r, rest = rest, r-q*rest
	}
	if r != 1 {
		return 0, false
	}
	if t < 0 {
		t += int64(n)
	}
	return uint64(t), true
}
