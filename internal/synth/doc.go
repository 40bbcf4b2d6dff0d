// Package synth simulates annotators at the two interfaces of Neglected Free Lunch and writes
// what they leave in the shapes of the releases and of the front ends, at any size, together with
// the truth that no file of the real data has.
//
// The same seed gives the same bytes for any number of goroutines: every image, page, HIT and
// worker has its own random stream, derived from (seed, purpose, index).
//
// # Who annotates
//
// A worker has a speed (factor on all durations, log-normal, median 1, log-sd 0.28), a click sd
// (log-normal, median 0.18 of the object's width and height, log-sd 0.4), a centre bias (weight in
// [0, 1], exponential with mean 0.2; one worker in 25 has 0.85 to 0.98 and always clicks the centre), a diligence
// (chance that a click is aimed at all, about 0.68; one worker in 25 is in a rush), a recall (about 0.9), rates of
// deselection and of hovering, a sampling interval of 1000/60 to 1000/30 ms, a window of 3 to 6 columns,
// and a liking for the keyboard or not. The worker of a HIT is floor(n u^2.2), u uniform: a few do most.
//
// # ImageNet
//
// A page shows 48 slots: up to 36 images of the release, all of one class, the others candidates from elsewhere,
// which only the front end's shapes contain. Ten pages of different classes are a HIT. An image is selected with the
// worker's recall, an unclear one (12 %) with 0.3 of it. Half of the images that were not selected are shown again in a second
// round some weeks later; 0.3 % of the HITs are done twice; 0.3 % of the images are never shown. Seen are the slots as annotators
// scan, in a serpentine; times within a page are shares of the page's duration (median about 52 s).
//
// The click goes to
//
//	aim    = (1-b) (box(0.515, 0.47) + N(0, s²) size of the box) + b (0.5, 0.5)
//	click  = aim + N(0, 0.03²), whole pixels
//
// with the worker's click sd s and centre bias b, box being the main object (85 %) or another one; or, when not aimed,
// about the centre with sd 0.27. The pointer enters at the side that the scan comes from and moves from A to B as
//
//	p(t) = A + (B-A) s + n c |B-A| sin(pi s) + tremor
//	s    = (m(u) - m(u0)) / (1 - m(u0)),  u = u0 + (1-u0) (0.85 t/T + 0.15 sqrt(t/T)),  m(u) = 10u³ - 15u⁴ + 6u⁵
//
// the minimum-jerk profile, begun before the image (u0 from 0.1 to 0.35), with curvature c ~ N(0, 0.08²), tremor of about half a
// pixel, in a time T after Fitts, 120 + 130 log2(D/W + 1) ms, times speed; three in ten movements overshoot and correct. Samples are
// taken while the image is not selected and the pointer moves. A selection is taken back (which writes nothing) and renewed
// at the worker's rate; images not selected are clicked and unclicked, crossed, scrolled past or not touched.
//
// # COCO
//
// An image has 0 to 7 classes drawn by COCO's frequencies, a class 1 to 14 instances of log-normal area; one in a hundred is a crowd.
// Annotators go through the 11 superclasses and notice a class with recall · min(0.46 + 0.95 sqrt(a), 1), a being
// the share of the image that its largest instance covers. The icon goes to the largest instance (65 %) or any, with sd 0.8 s of its size.
// After an add come a move (0.025), a removal (0.024, later 0.13) and mostly another add. Samples are 10 to 17 ms apart, none
// while an icon is dragged or under the pointer.
//
// # Studies
//
// An [Annotator] works at the pages of a study and leaves recordings of them, with the same habits: the pointer moves
// over the whole page, at 500 reports a second of a mouse, crosses images, scrolls, presses, chooses, drags icons and
// steps through superclasses. Package client sends them as the page of a study does.
//
// # Damage
//
// With Options.Dirty a share of the records gets one defect each, of those that readers of the formats must
// survive. truth/damage.jsonl says which, and what a reader by the book makes of it: reject, null or repair.
//
// # Truth
//
// truth/workers.jsonl has the workers' parameters, truth/images.jsonl the objects of each image and
// where each annotator aimed. Analyses must not read them; tests of analyses may.
//
// # Pictures
//
// With Options.ImagesOut the images are rendered: the class decides shape, pattern and hue, drawn where the truth
// says, on a noisy ground with dull blobs. Unclear objects are nearly transparent.
//
// With Options.Scene the images are others', which exist: annotators meet them on their pages as they do simulated ones, 12 % of them
// unclear to them, and click about the box that Scene gives.
package synth
