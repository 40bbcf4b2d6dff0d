// Package reports draws the statistics of a store and puts them on a page.
//
// Make writes index.html, which needs no network and no other file, report.md, stats.json, and every figure
// as SVG and PNG, light and dark. All numbers come from package analysis; this package only draws and
// formats them.
package reports
