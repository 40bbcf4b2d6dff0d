// Package explore shows a store in a browser: its images, showings, annotators, HITs, statistics, rejects and
// SQL. A server answers one person on this machine. It reads the store and never writes to it.
//
// The address of a page is its state. Pages are templates; what changes while one looks is fetched as JSON, in
// columns, from the addresses below /api.
package explore
