// Package ingest reads annotation byproducts into a store.
//
//	account, err := ingest.Run(ctx, ingest.Options{Sources: []string{"imagenet_ab_v1_0.tar.gz"}, Out: "store"})
//
// A byte takes these steps:
//
//  1. Package source opens files, folders and archives, and cuts their content into chunks: whole
//     files, whole lines, or elements of a JSON array. One goroutine does this.
//  2. Package decode puts the values of a chunk into columns. Package scan reads the numbers and strings.
//     Several goroutines do this, each with one chunk. If a chunk ends within a value, a Joiner later
//     puts the rest together with the next chunk.
//  3. Run accepts the rows in the order of the input: it leaves out duplicates, numbers the rows, and
//     counts everything that was read. One goroutine does this, so the store does not depend on the
//     number of workers.
//  4. A table collects rows and encodes a row group at a time.
//  5. Package truth gathers the facts about images. It sorts them by image on the disk, and makes one row
//     of each image when everything has been read. It reads COCO's ground truth itself, element by element.
//
// imagenet.go and coco.go have the parts that differ between the data sets, for example which record is a
// duplicate of another.
//
// The files are written next to the store, and replace the old files when all are complete.
package ingest
