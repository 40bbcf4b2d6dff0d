// Package ingest reads annotation byproducts into a store.
//
//	account, err := ingest.Run(ctx, ingest.Options{Sources: []string{"imagenet_ab_v1_0.tar.gz"}, Out: "store"})
//
// The way of a byte:
//
//  1. Package source opens files, folders and archives, and cuts what they hold into chunks: whole
//     files, whole lines, or elements of a JSON array. One goroutine does this.
//  2. Package decode puts the values of a chunk into columns, with the numbers and strings that package
//     scan reads. Several goroutines do this, a chunk each. A chunk that is cut within a value is put
//     together with the next one afterwards.
//  3. Run accepts the rows in the order of the input: it leaves out duplicates, numbers the rows, and
//     counts everything that was read. One goroutine does this, so the store does not depend on how
//     many there are.
//  4. A table collects rows and encodes a row group at a time.
//  5. Package truth gathers what is said of images: it sorts by image on the disk, and makes a row of
//     each when everything has been read. COCO's ground truth comes to it directly, element by element.
//
// What is particular to a data set, such as what makes a record a duplicate, is in imagenet.go and coco.go.
//
// The files are written next to the store's, and take their place when all are complete.
package ingest
