package columnar_test

import (
	"bytes"
	"context"
	"fmt"
	"log"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"

	"abtool/internal/teststore"
	"abtool/store/columnar"
)

// Writing a file, a group of rows at a time.
func ExampleFile() {
	type row struct {
		Image string `parquet:"image"`
		Shown *int64 `parquet:"shown,optional"`
	}
	s, err := columnar.NewSchema[row]()
	if err != nil {
		log.Fatal(err)
	}
	zip, err := zstd.NewWriter(nil)
	if err != nil {
		log.Fatal(err)
	}
	g := columnar.NewGroup(s, 1, func(dst, src []byte) []byte { return zip.EncodeAll(src, dst) })
	image, shown := g.IDs(nil), g.Ints(nil)
	image.Add("n01440764_10026")
	shown.Add(3)
	g.EndRow()
	image.Add("n01440764_10027")
	shown.Null()
	g.EndRow()
	if err := g.Encode(); err != nil {
		log.Fatal(err)
	}
	var b bytes.Buffer
	f := columnar.NewFile(&b, s, "an example", nil)
	if err := f.Append(g); err != nil {
		log.Fatal(err)
	}
	if err := f.Close(); err != nil {
		log.Fatal(err)
	}
	rows, err := parquet.Read[row](bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(rows[0].Image, *rows[0].Shown)
	fmt.Println(rows[1].Image, rows[1].Shown)
	// Output:
	// n01440764_10026 3
	// n01440764_10027 <nil>
}

// Reading some columns of a table, a group of rows at a time.
func ExampleReader() {
	store, remove := teststore.Temporary(context.Background(), teststore.Options{Images: 20})
	defer remove()
	t, err := columnar.Open(store, "imagenet", "annotations")
	if err != nil {
		log.Fatal(err)
	}
	defer t.Close()
	r, err := t.Reader("image_id", "clicks.x")
	if err != nil {
		log.Fatal(err)
	}
	clicks := r.Column("clicks.x")
	rows, n := 0, 0
	for g := range t.Groups() {
		if err := r.Read(g); err != nil {
			log.Fatal(err)
		}
		rows += r.Rows()
		n += len(clicks.Floats)
	}
	fmt.Println(rows, "rows,", n, "clicks")
	// Output:
	// 21 rows, 19 clicks
}
