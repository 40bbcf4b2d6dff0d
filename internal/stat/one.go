package stat

// One returns 1 for true and 0 for false.
func One(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
