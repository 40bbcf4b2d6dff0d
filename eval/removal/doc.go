// Package removal measures what a network's scores depend on: it removes all objects of a class from an image
// and compares the scores before and after (V_avg and V_min).
//
// The scores are in rows, one for each edit of an image, and everything that is reported is computed from
// them. No code for these numbers was published: the definitions follow the paper's sentence and the range of
// its values.
package removal
