package main

import (
	_ "github.com/RoaringBitmap/roaring/v2"
	_ "github.com/apache/arrow/go/v15/arrow"
	_ "github.com/klauspost/compress/gzip"
	_ "github.com/parquet-go/parquet-go"
	_ "github.com/spf13/cobra"
	_ "github.com/schollz/progressbar/v3"
	_ "golang.org/x/sys/unix"
	_ "golang.org/x/term"
)
func main() {}
