package features

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"strconv"
)

// digest returns SHA-256 of the seed in decimal digits, the purpose and the keys, with a line feed between
// them. All randomness comes from digests, so it depends on names and never on order.
func digest(seed uint64, purpose string, keys ...string) [32]byte {
	var room [96]byte
	b := strconv.AppendUint(room[:0], seed, 10)
	b = append(append(b, '\n'), purpose...)
	for _, k := range keys {
		b = append(append(b, '\n'), k...)
	}
	return sha256.Sum256(b)
}

// unit returns a number in [0, 1) from the k-th eight bytes of a digest: the first 53 bits of their big-endian
// number, divided by 2^53.
func unit(d *[32]byte, k int) float64 {
	return float64(binary.BigEndian.Uint64(d[8*k:])>>11) / (1 << 53)
}

// Uniform returns the random point of an image, or of a class of an image. x and y are independent and
// uniform in [0, 1):
//
//	d = SHA-256(seed + "\n" + "random" + "\n" + image [+ "\n" + class])
//	x = (first 53 bits of d) / 2^53, y = (53 bits of d from byte 8) / 2^53
//
// Other programs can compute the same points by these formulas. image is the id of an ImageNet image, or the
// digits of a COCO image's id; class is empty for ImageNet.
func Uniform(seed uint64, image, class string) (x, y float64) {
	var d [32]byte
	if class == "" {
		d = digest(seed, "random", image)
	} else {
		d = digest(seed, "random", image, class)
	}
	return unit(&d, 0), unit(&d, 1)
}

// Rand returns the random source for an image in an epoch, for its crops and other augmentation: a PCG seeded
// by SHA-256 of the seed, the image and the epoch. It does not depend on which goroutine processes the image,
// or when.
func Rand(seed uint64, image string, epoch int) *rand.Rand {
	return chance(seed, "epoch", image, strconv.Itoa(epoch))
}

// chance returns a PCG seeded by a digest.
func chance(seed uint64, purpose string, keys ...string) *rand.Rand {
	d := digest(seed, purpose, keys...)
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(d[:]), binary.BigEndian.Uint64(d[8:])))
}
