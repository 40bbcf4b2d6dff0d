// Package rows has a query for the rows behind each number of a statistic, in the views of abtool sql. A number over n
// units has a query with n rows.
package rows
