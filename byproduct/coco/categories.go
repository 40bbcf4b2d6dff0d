// Package coco interprets the byproducts of COCO's annotators: the icon of an action, the place of an icon,
// whether it is on an object, and the classes.
package coco

import "abtool/store"

// CategoriesOf returns the known classes of a store's data set: the classes that the ground truth lists, or
// COCO's 80 classes if the store has no ground truth.
func CategoriesOf(d *store.DataSet) []store.Category {
	if len(d.Categories) > 0 {
		return d.Categories
	}
	return Categories
}

// Categories are COCO's 80 classes by id, for stores without ground truth. An id is the place of the name
// in the public loader's list of 91 names, counted from 1 (L2, docs/design/definitions.md#l2).
var Categories = []store.Category{
	{ID: 1, Name: "person"}, {ID: 2, Name: "bicycle"}, {ID: 3, Name: "car"}, {ID: 4, Name: "motorcycle"},
	{ID: 5, Name: "airplane"}, {ID: 6, Name: "bus"}, {ID: 7, Name: "train"}, {ID: 8, Name: "truck"},
	{ID: 9, Name: "boat"}, {ID: 10, Name: "traffic light"}, {ID: 11, Name: "fire hydrant"},
	{ID: 13, Name: "stop sign"}, {ID: 14, Name: "parking meter"}, {ID: 15, Name: "bench"},
	{ID: 16, Name: "bird"}, {ID: 17, Name: "cat"}, {ID: 18, Name: "dog"}, {ID: 19, Name: "horse"},
	{ID: 20, Name: "sheep"}, {ID: 21, Name: "cow"}, {ID: 22, Name: "elephant"}, {ID: 23, Name: "bear"},
	{ID: 24, Name: "zebra"}, {ID: 25, Name: "giraffe"}, {ID: 27, Name: "backpack"},
	{ID: 28, Name: "umbrella"}, {ID: 31, Name: "handbag"}, {ID: 32, Name: "tie"},
	{ID: 33, Name: "suitcase"}, {ID: 34, Name: "frisbee"}, {ID: 35, Name: "skis"},
	{ID: 36, Name: "snowboard"}, {ID: 37, Name: "sports ball"}, {ID: 38, Name: "kite"},
	{ID: 39, Name: "baseball bat"}, {ID: 40, Name: "baseball glove"}, {ID: 41, Name: "skateboard"},
	{ID: 42, Name: "surfboard"}, {ID: 43, Name: "tennis racket"}, {ID: 44, Name: "bottle"},
	{ID: 46, Name: "wine glass"}, {ID: 47, Name: "cup"}, {ID: 48, Name: "fork"}, {ID: 49, Name: "knife"},
	{ID: 50, Name: "spoon"}, {ID: 51, Name: "bowl"}, {ID: 52, Name: "banana"}, {ID: 53, Name: "apple"},
	{ID: 54, Name: "sandwich"}, {ID: 55, Name: "orange"}, {ID: 56, Name: "broccoli"},
	{ID: 57, Name: "carrot"}, {ID: 58, Name: "hot dog"}, {ID: 59, Name: "pizza"}, {ID: 60, Name: "donut"},
	{ID: 61, Name: "cake"}, {ID: 62, Name: "chair"}, {ID: 63, Name: "couch"},
	{ID: 64, Name: "potted plant"}, {ID: 65, Name: "bed"}, {ID: 67, Name: "dining table"},
	{ID: 70, Name: "toilet"}, {ID: 72, Name: "tv"}, {ID: 73, Name: "laptop"}, {ID: 74, Name: "mouse"},
	{ID: 75, Name: "remote"}, {ID: 76, Name: "keyboard"}, {ID: 77, Name: "cell phone"},
	{ID: 78, Name: "microwave"}, {ID: 79, Name: "oven"}, {ID: 80, Name: "toaster"},
	{ID: 81, Name: "sink"}, {ID: 82, Name: "refrigerator"}, {ID: 84, Name: "book"},
	{ID: 85, Name: "clock"}, {ID: 86, Name: "vase"}, {ID: 87, Name: "scissors"},
	{ID: 88, Name: "teddy bear"}, {ID: 89, Name: "hair drier"}, {ID: 90, Name: "toothbrush"},
}
