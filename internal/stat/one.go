package stat

// One is 1 for true.
func One(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
