package decode

// Set is a data set; the zero Set means that nothing has shown which one.
type Set uint8

// The data sets.
const (
	ImageNet Set = 1 + iota
	COCO
)

// String returns the data set's name in a store, "" of the zero Set.
func (s Set) String() string { return [...]string{"", "imagenet", "coco"}[s] }

// SetOf returns the data set of a name in a store, the zero Set for any other name.
func SetOf(name string) Set {
	for _, s := range [...]Set{ImageNet, COCO} {
		if s.String() == name {
			return s
		}
	}
	return 0
}
