// Package rows has queries for the rows that the numbers of statistics count, in the views of abtool sql. A number
// over n units has a query with n rows.
package rows
