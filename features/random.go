package features

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"strconv"
)

// digest returns SHA-256 of the seed in decimal digits, the purpose and the keys, with a line feed between them.
// All chance comes from it, so chance depends on names, never on order.
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

// Uniform is the random point of an image, or of a class of an image: x and y, independent and
// uniform in [0, 1). It is
//
//	d = SHA-256(seed + "\n" + "random" + "\n" + image [+ "\n" + class])
//	x = (first 53 bits of d) / 2^53, y = (53 bits of d from byte 8) / 2^53
//
// so that other programs can draw the same. ImageNet images are named by their id, COCO images
// by the digits of theirs; class is empty for ImageNet.
func Uniform(seed uint64, image, class string) (x, y float64) {
	var d [32]byte
	if class == "" {
		d = digest(seed, "random", image)
	} else {
		d = digest(seed, "random", image, class)
	}
	return unit(&d, 0), unit(&d, 1)
}

// Rand returns the source of chance for an image in an epoch, for crops and whatever else augments
// it: PCG, seeded by SHA-256 of the seed, the image and the epoch. It is the same whichever
// worker takes the image, and when.
func Rand(seed uint64, image string, epoch int) *rand.Rand {
	return chance(seed, "epoch", image, strconv.Itoa(epoch))
}

// chance returns PCG, seeded by a digest.
func chance(seed uint64, purpose string, keys ...string) *rand.Rand {
	d := digest(seed, purpose, keys...)
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(d[:]), binary.BigEndian.Uint64(d[8:])))
}
