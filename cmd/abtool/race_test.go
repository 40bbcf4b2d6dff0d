//go:build race

package main

// withRace reports whether the tests are built with the race detector.
const withRace = true
