// Package truth gathers what a data set says of its images, and makes a row of each when all has been read.
//
// [Facts] are ImageNet's: class, sizes and boxes, of records and of the files given with --boxes. [Objects]
// are COCO's: images, objects and classes of instances files, which it reads element by element. Either
// sorts by image on the disk, so that what is said of one image in several places comes together in
// bounded memory.
package truth
