// Package truth gathers the facts about images, and makes one row of each image when everything has been
// read.
//
// [Facts] gathers the class, sizes and boxes of images of ImageNet, from records and from the files given with
// --boxes. [Objects] gathers the images, objects and classes in instances files of COCO, which it reads element
// by element. The facts about an image can be far apart in the input. Both types therefore sort them by image
// on the disk, so that the memory that they need is bounded.
package truth
