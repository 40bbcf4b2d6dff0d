package analysis

// A Definition says how something is computed where the paper leaves it open.
type Definition struct{ ID, Text string }

// Definitions are what the Rules of statistics refer to. The rules R1 to R12 of reading are in
// docs/store.md.
var Definitions = []Definition{
	{"I1", "The images are those that the byproducts speak of: every image with a file in the release; in JSON, every image with a record."},
	{"I2", "An image is selected if at least one of its showings is. It has a byproduct if any showing has a click, a mouse sample or a hover."},
	{"I3", "The k-th showing of an image is the k-th by hit_submit_time, missing times first, ties in document order. Rounds of the collection are not in the data. An image is selected twice if two of its showings or more are."},
	{"I4", "The final click is the last click with a place, in document order, of the last showing (I3) that is selected and has one. Variants: the last such showing in document order; the first click of the same showing; the mean of the first clicks of all such showings, in document order. The two orders differ on an image where they end with different showings."},
	{"I5", "BC is the set of images with a usable box and a final click. Accuracies are over BC; those of clicks that do not look at the image also over all images with a usable box."},
	{"I6", "A click hits if it lies in any ground-truth box of its image, edges included, in fractions of the image; boxes are not clipped."},
	{"I7", "A uniform click hits with the probability that is the area of the union of the boxes, clipped to the image. Variant: the sum of their areas."},
	{"I8", "A random click is normal with mean 0.5 and standard deviation σ on each axis, in fractions of its length, the axes independent. Conditioned on the image; variants: outside misses; outside is moved to the border. Exact, for unions of boxes. Sets of images: BC; all with a usable box; all with one box; and the images of BC with one box."},
	{"I9", "Off-centre images are those of BC whose centre (0.5, 0.5) is in no box."},
	{"I10", "Maps of the image have 11 × 11 cells, row 0 on top: floor(11 v), 1.0 in the last; other points are outside. The share of the middle cell is of the points in cells."},
	{"I11", "Accuracy by where the box is files the image's hit under the cell of the centre of each of its boxes; by where the click is, once under its cell."},
	{"I12", "The trace is that of the showing of the final click: mouse samples with a place and a time, in document order. The N-th sample before the click is counted back among those at or before the time of the click, whether or not the pointer left the image in between; variant: only those since the last enter. Images with fewer samples are left out of that N."},
	{"I13", "A segment has the samples of the trace from the last enter at or before the time of the click to that time. The click is not one of them. Images without such an enter, or without a sample, are left out."},
	{"I14", "Of n samples, sample i (from 0) is in tenth floor(10 i / n). By time, a sample is in tenth min(9, floor(10 (t − enter) / (click − enter))), in whole ms; click = enter is left out. Pooled over samples; variant: the mean over images of the image's own accuracy."},
	{"I15", "A click is placed in the frame of the nearest box: by Euclidean distance in fractions of the image, then area, then order. 0…1 is the box, v points down. Maps have 41 × 41 cells on [−1, 2]². Mean, median, population standard deviation and skew m3/m2^1.5 are over all clicks, those outside of the map too, and so is the n of the mode, the middle of the fullest cell, whose count is a value. Variant: images with one box."},
	{"I16", "Parity: a showing is selected if and only if the number of its clicks is odd, for deselecting clicks are not recorded. Clicks without a place count. Of the two kinds of disagreement one is selected with an even number of clicks, the other not selected with an odd one; they add up."},
	{"I17", "A HIT is an assignment: one HIT of the marketplace can be done twice. Its recall is selected / shown, of the released images; its pages are the distinct ones; its duration is from its earliest event to hit_submit_time."},
	{"I18", "A HIT is flagged for a recall below 0.333, fewer than 30 selections or fewer than 9 pages. Of the release's candidates only the released images are visible, so that more HITs are flagged than were rejected."},
	{"I19", "An annotator's accuracy is over showings, not images: the last click with a place of each selected showing, on images with a usable box. Distance from the centre is √((x − 0.5)² + (y − 0.5)²). The time is the median of estimate_time over all showings that tell it."},
	{"C1", "Pages whose image the ground truth does not have count in nothing that needs it."},
	{"C2", "Actions of unknown type count as unknown_type, others on an icon whose name is not a category of the ground truth as unknown_icon: each action once. They are otherwise left out. Names match exactly. Order is the order of the list, not of the times."},
	{"C3", "An icon's point is where the last add with a place put it, whatever follows: one for each page and class. Variants: only icons that stay on the image; and for them the place where an add or a move last put them, in the values named final."},
	{"C4", "Precision is over all icons with a point, those of classes that the image does not have included. Variant: of classes that it has."},
	{"C5", "A point is on a mask if the pixel (min(floor(x W), W − 1), min(floor(y H), H − 1)) is set in any instance of the class, crowds included; W and H are the ground truth's; points outside of the image miss. Polygons by the even-odd rule at the centre of the pixel, each by itself; run-length masks down the columns, zeros first. Variant: the point itself in the polygons."},
	{"C6", "A point is on a box if it lies in the bounding box of any instance of the class, in px, edges included."},
	{"C7", "A class is retrieved if its icon stays: its last action is add or move. Variant: if it was ever added. A class of the image that is not retrieved was taken away if it was ever added, and never placed if not."},
	{"C8", "Recall is taken for each image with a class, those with a crowd alone included; mean and population standard deviation are over images."},
	{"C9", "A HIT is a hit_id. Its recall is the mean over its images, its precision is over its icons, its duration the sum of the times of its pages. It is flagged for a recall below 0.333, a precision below 0.75 or fewer than 16 distinct pages."},
	{"C10", "A sequence is the types of the actions on one class of one page, joined by -, if the last is add or move. The longest has the most actions; of several, the first by its text."},
	{"C11", "The size of an object is the area of its bounding box as a share of the image; of a class, the mean over its objects on annotated images, crowds included. Edges of bins are 0, 0.2², 0.4², 0.6², 0.8², 1, the lower included. An image and a class are binned by the largest object, a class by its mean size. Correlations are Pearson's over classes, with the mean size and with its square root."},
	{"C12", "Centres are those of every box of the ground truth. An icon is placed in the frame of the nearest box of its class on the image, as in I15."},
	{"C13", "A step is an entry of the history of superclasses; returning to one is another. Distinct are different numbers of superclasses. The share by keyboard is of all steps: one whose key or button is unknown is not by the keyboard, and is counted apart. Variant: of the steps whose key or button is known. A page has keyboard use if one of its steps is by the keyboard."},
	{"C14", "Quantiles are interpolated linearly between ranks: of n sorted values, q is at rank q (n − 1)."},
}
