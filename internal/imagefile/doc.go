// Package imagefile finds and decodes images for all commands.
//
// # Finding
//
// A place is a folder, a file, a pattern or a list of them. If a file or folder of the given name exists,
// it is meant, whatever characters the name has. Otherwise {000..127} and {a,b} stand for several names,
// all of which must exist, and * ? [ ] match names. Folders are searched at any depth, in the order of
// names. Links to files and folders are followed, except a link back to a folder that contains it. Hidden
// files and folders are skipped (.name, __MACOSX and other folders that systems create).
//
// Images have one of the extensions in schema.ImageExtensions, in upper or lower case. Tar archives are
// shards of WebDataset. Other files are counted by their extensions, which Notes reports; they are not
// opened. Whether a file really is an image is found out when it is decoded.
//
// The class of an image is the name of its folder, or of the folder above if all images are in folders with
// the same name (n01443537/images/…). In a shard the class is the .cls member.
//
// # Decoding
//
// JPEG, PNG, WebP, BMP, TIFF and GIF are recognised by their content, not by their extension. Of a file
// with several images the first one is read. Transparency is dropped without multiplying colours by it, as
// PIL's convert("RGB") does. The orientation in EXIF is not applied, which is what PIL's open and
// torchvision do too, because the coordinates of annotations refer to the pixels as they are stored.
package imagefile
