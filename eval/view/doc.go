// Package view makes a network's input from an image file, exactly as PyTorch's evaluations do with PIL.
//
// A view is part of an accuracy: another filter or another size before the crop moves it by up to a point. The
// View's String names it next to every number.
package view
