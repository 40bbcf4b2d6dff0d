package coco

import (
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
)

// Statistics lists the statistics of COCO-AB, in the order of documents.
var Statistics = []pass.Entry{
	{Entry: result.Entry{Name: "counts", Title: "How much there is", Rules: "C1, C2, C3", Paper: "sections 3 and C",
		Definition: "Pages, actions with icons, steps through the superclasses, mouse samples, and the ground truth. A page whose image is not in the ground truth counts in nothing that needs it. Actions of unknown type count as unknown_type, others on an icon whose name is not a class of the ground truth as unknown_icon, each once; names match exactly, and such actions are otherwise left out."},
		Make: pass.Gathers(newCounts)},
	{Entry: result.Entry{Name: "icon_precision", IDs: []string{"C1"}, Title: "Icon precision", Rules: "C3, C4, C5, C6", Paper: "section E",
		Definition: "Share of icons whose point lies on a mask of their class. An icon's point is where the last add with a place put it, whatever follows: one a page and class. Icons of classes that the image does not have miss. A point is on a mask when the pixel under it, floor(x W), floor(y H), is set in any instance of the class, crowds included. Variants named final are over icons that stay, those without any add included, at the point of the last add or move with a place."},
		Make: pass.Gathers(newIconPrecision)},
	{Entry: result.Entry{Name: "class_recall", IDs: []string{"C2"}, Title: "Class recall", Rules: "C7, C8", Paper: "sections 3 and E",
		Definition: "Mean over images of the share of the image's classes, crowds included, whose icon stays on it: the last action is add or move. The position does not matter."},
		Make: pass.Gathers(newClassRecall)},
	{Entry: result.Entry{Name: "missed_classes", Title: "Classes of images that were never placed", Rules: "C2, C7", Paper: "section E",
		Definition: "Each pair of an annotated image and a class that it has, crowds included, is one of three: retrieved, its icon stays (C7); taken away, it was added and does not stay; never placed, it was not added and does not stay. Counted by class, since what is overlooked depends on the class, with the share of the class's pairs, since a count alone mostly says how common it is; and by how many classes of an image were never placed."},
		Make: pass.Gathers(newMissedClasses)},
	{Entry: result.Entry{Name: "centre_bias", IDs: []string{"C3"}, Title: "Centres of boxes, and icons, on the image", Rules: "I10, C12", Paper: "section E, figure G",
		Definition: "Counts on a grid of 11 × 11 cells, floor(11 v), 1.0 in the last cell. The share of the middle cell is of the points inside the image."},
		Make: pass.Gathers(newCentreBias)},
	{Entry: result.Entry{Name: "icon_frame", IDs: []string{"C4"}, Title: "Where in its box an icon lies", Rules: "I15, C12", Paper: "section E, figure H",
		Definition: "The icon's point in the frame of the nearest box of its class on the image (Euclidean distance in relative units, then the smallest area, then the first); 0…1 is the box, v points down. Boxes without area are left out. Variant: where there is one box. The map has 41 × 41 cells on [−1, 2]²."},
		Make: pass.Gathers(newIconFrame)},
	{Entry: result.Entry{Name: "sequences", IDs: []string{"C5"}, Title: "Sequences of actions with an icon", Rules: "C10", Paper: "section E, figure J",
		Definition: "The types of the actions on one class of one page, joined by -, of icons whose last action is add or move; the share is of all such icons. Sequences that begin with move or remove are kept as they are. The longest has the most actions, ties by its text."},
		Make: pass.Gathers(newSequences)},
	{Entry: result.Entry{Name: "category_recall", IDs: []string{"C6"}, Title: "Recall of a class against its size", Rules: "C11", Paper: "section E, figure K",
		Definition: "Of the annotated images that have a class, the share on which its icon stays; the size of a class is the mean over its objects on annotated images, crowds included, of the area of the bounding box as a share of the image. Bins of size are 0, .2², .4², .6², .8², 1, lower edge included: of image and class by the largest object, of classes by mean size, there as the mean of their recalls. The line is over mean size; the correlation is also with its square root, the side of a square of that size."},
		Make: pass.Gathers(newCategoryRecall)},
	{Entry: result.Entry{Name: "browsing", Title: "Stepping through the superclasses", Rules: "C13", Paper: "section C",
		Definition: "Entries of the history of superclasses; returning to one counts again. Distinct are different superclasses. The keyboard's share is of all steps: one that does not say whether the key or the button was used counts as not by the keyboard, and is counted as unknown. Variant: of the steps that say."},
		Make: pass.Gathers(newBrowsing)},
	{Entry: result.Entry{Name: "time", Title: "Time on a page", Rules: "C14", Paper: "section C",
		Definition: "time_spent of all pages that tell it; quantiles are interpolated linearly between ranks."},
		Make: pass.Gathers(newPageTime)},
	{Entry: result.Entry{Name: "hits", Title: "HITs, and the checks of them", Rules: "C9", Paper: "section C",
		Definition: "Recall is the mean of the recalls of the HIT's pages, precision its hits / icons, duration the sum of the times of its pages; a HIT is flagged when its recall, its precision or its distinct pages are below the thresholds. Mean, median, population standard deviation and skew m3/m2^1.5 are over HITs, each counting once."},
		Make: pass.Gathers(newHITs)},
	{Entry: result.Entry{Name: "workers", Title: "Annotators", Rules: "C3, C4, C8", Paper: "section 6",
		Definition: "Over the pages of each worker: recall, precision, where icons are put, actions, time, steps and mouse; ranks by partial pooling; flags."},
		Make: pass.Gathers(newAnnotators)},
	{Entry: result.Entry{Name: "quality", Title: "Data quality", Rules: "C1, C2, R6",
		Definition: "Each check counts what is affected among what it applies to, and gives the query that lists it."},
		Make: pass.Gathers(newQuality)},
}
