// Package docs has the documentation. Its tests follow the links and list the program's errors.
package docs
