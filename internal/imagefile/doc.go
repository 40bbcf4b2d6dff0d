// Package imagefile finds images and decodes them: every command that reads images does it here.
//
// # Finding
//
// A place is a folder, a file, a pattern or a list of them. A name that exists is meant as it is, whatever
// characters it has. Otherwise {000..127} and {a,b} stand for several names, all of which must exist, and
// * ? [ ] match names. Folders are searched at any depth, in the order of names. Links to files and folders
// are followed; one that leads back to a folder that it lies in ends there. Hidden files and folders (.name,
// __MACOSX and other folders that systems leave behind) are passed over.
//
// Images have the endings of schema.ImageExtensions, in upper or lower case. Tar archives are shards of
// WebDataset. Other files are counted by their endings, and Notes says so; a folder is not opened to look
// into each of its files. What a file holds is found out when it is decoded.
//
// The class of an image is the name of its folder, or of the folder above if all images lie in folders of one
// name (n01443537/images/…). In a shard it is the .cls member.
//
// # Decoding
//
// JPEG, PNG, WebP, BMP, TIFF and GIF are read, by their content and whatever their ending: the first image of
// files with several. Transparency is dropped and not multiplied, as PIL's convert("RGB") does. The orientation
// in EXIF is not applied, as PIL's open and torchvision do not apply it: the coordinates of annotations are of
// the pixels as they are stored.
package imagefile
