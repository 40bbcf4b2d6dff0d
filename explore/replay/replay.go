// Package replay reads what the player draws: a showing, a page of a HIT, and the showings of an image.
package replay

import (
	"context"
	"errors"

	"abtool/query"
)

// ErrNotFound is the error for a showing, a page or an image that the store does not have.
var ErrNotFound = errors.New("not in the store")

// Showing returns a showing of ImageNet-AB, or a page of COCO-AB, by its row.
func Showing(ctx context.Context, db *query.DB, set string, seq int64) (any, error) {
	return nil, ErrNotFound
}

// Page returns a page of a HIT with all of its showings.
func Page(ctx context.Context, db *query.DB, set, assignment string, page int64) (any, error) {
	return nil, ErrNotFound
}

// Image returns an image with all of its showings.
func Image(ctx context.Context, db *query.DB, set, id string) (any, error) { return nil, ErrNotFound }
