// Package reports draws the statistics of a store and puts them on a page.
//
// Make makes index.html, which needs no network and no other file, report.md, stats.json, and every
// figure as SVG and PNG, light and dark. Numbers come from package analysis alone: here they are
// only drawn and written down.
package reports
