// Package view makes a network's input from an image file, exactly as PyTorch's evaluations do with PIL.
//
// Files without loss (PNG) give the same bytes as PIL. So do JPEGs if libjpeg-turbo decodes them (the build tag
// turbojpeg). Go's decoder rounds the cosine transform differently: bytes then differ by at most 4, and by 0.035
// on average. Chroma is upsampled and converted to RGB as in libjpeg in both cases. Without them, as Go's
// image types give colours, JPEGs with chroma at half resolution differ by up to 88, and by 0.67 on average. CMYK
// is converted without a profile, orientation in EXIF data is not applied, and samples of 16 bits lose the lower 8.
//
// A view is part of an accuracy: another filter or another size before the crop moves it by up to a point. The
// View's String names it next to every number.
package view
