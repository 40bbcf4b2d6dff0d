// Package pseudonym makes the names that replace the ids of people and of their work. A name depends only on the id,
// so that it is the same in every output.
package pseudonym

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Keys of what has pseudonyms.
const (
	Worker = "worker"
	HIT    = "hit"
)

// Of returns the pseudonym of the id of a worker or HIT. Its first letter is that of the key.
func Of(key, id string) string {
	h := sha256.Sum256([]byte("abtool " + key + " " + id))
	return key[:1] + hex.EncodeToString(h[:6])
}

// SQL returns the expression of the pseudonym of a column, in DuckDB. That of null is null.
func SQL(key, column string) string {
	return fmt.Sprintf("'%s' || substr(sha256('abtool %s ' || %s), 1, 12)", key[:1], key, column)
}
