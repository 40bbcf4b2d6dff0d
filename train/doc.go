// Package train will train the classifier with the auxiliary point head (section 5 of the paper) on
// the targets that features derives. It is empty so far.
package train
