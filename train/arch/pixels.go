package arch

// Mean and Std are the mean and the standard deviation of ImageNet's pixels for each channel (red, green,
// blue), on a scale from 0 to 1. The weights of torchvision and timm were trained with them.
var (
	Mean = [3]float32{0.485, 0.456, 0.406}
	Std  = [3]float32{0.229, 0.224, 0.225}
)

// Normalise returns bytes of red, green and blue as (v/255 − Mean) / Std. It reuses the memory of to if it
// is large enough.
func Normalise(pixels []byte, to []float32) []float32 {
	if cap(to) < len(pixels) {
		to = make([]float32, len(pixels))
	}
	to = to[:len(pixels)]
	var table [3][256]float32
	for c := range table {
		for v := range table[c] {
			table[c][v] = (float32(v)/255 - Mean[c]) / Std[c]
		}
	}
	for i := 0; i+2 < len(to); i += 3 {
		p, q := pixels[i:i+3:i+3], to[i:i+3:i+3]
		q[0], q[1], q[2] = table[0][p[0]], table[1][p[1]], table[2][p[2]]
	}
	return to
}
