// Package ui is what the commands share to talk to people and programs: progress bars, JSON, and numbers
// as people read them.
package ui
