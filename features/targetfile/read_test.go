package targetfile_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"abtool/features"
	"abtool/features/targetfile"
	"abtool/internal/teststore"
)

// A file of targets that another program saved is read, or refused with the row, the column and the value.
func TestOtherPrograms(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"byte-order mark and CRLF": {"\xef\xbb\xbfimage_id,x,y\r\n\"i0\",\"0.25\",0.5\r\n", ""},
		"pandas' truth":            {"image_id,x,y,label\ni0,0.25,0.5,True\n", ""},
		"semicolons":               {"image_id;x;y\ni0;0.25;0.5\n", "its columns are separated by semicolons: save it with commas between columns"},
		"Excel's separator":        {"sep=;\nimage_id;x;y\n", "separated by semicolons"},
		"tabs":                     {"rule\timage_id\tx\ty\na\ti0\t0.25\t0.5\n", "its columns are separated by tabs"},
		"decimal comma":            {"image_id,x,y\ni0,0.25,0.5\ni1,0.5,\"0,58\"\n", `row 2, column y: "0,58" has a decimal comma: write numbers with a point`},
		"decimal comma, unquoted":  {"image_id,x,y\ni0,0,25,0,5\n", "line 2 has 5 values and the first line 3: are there decimal commas"},
		"not a number":             {"image_id,x,y,weight\ni0,0.25,0.5,much\n", `row 1, column weight: "much" is not a number`},
		"not a truth value":        {"image_id,x,y,label\ni0,0.25,0.5,cat\n", `row 1, column label: "cat" is neither 1 nor 0`},
		"UTF-16":                   {"\xff\xfei\x00m\x00a\x00g\x00e\x00", "text in UTF-16: save it as UTF-8"},
		"a page":                   {"<!DOCTYPE html><html>", "a page of HTML, not the data: the download failed"},
		"a pointer":                {"version https://git-lfs.github.com/spec/v1\noid sha256:4d\n", "fetch the file with git lfs pull"},
		"a workbook":               {"PK\x03\x04\x14\x00\x00\x00[Content_Types].xml", "a Microsoft Office document: export it as CSV with commas, in UTF-8"},
		"keypoints":                {`{"images": []}`, "it is JSON: targets are read from .parquet or .csv"},
		"a list in JSON":           {`[{"image_id": 1}]`, "it is JSON: targets are read from .parquet or .csv"},
		"no image_id":              {"image,x,y\ni0,1,1\n", "it has no column image_id"},
		"row without image":        {"image_id,x,y\ni0,1,1\n,1,1\n", "row 2 has no image_id"},
		"old Mac":                  {"image_id,x,y\ri0,1,1\r", "its lines end in a carriage return without a line feed"},
		"nothing":                  {"\n", "it is empty"},
	} {
		path := filepath.Join(t.TempDir(), "targets.csv")
		if err := os.WriteFile(path, []byte(c.text), 0o666); err != nil {
			t.Fatal(err)
		}
		list, err := targetfile.Read(path)
		switch {
		case c.want == "" && (err != nil || len(list) != 1 || list[0].Image != "i0" || list[0].X != 0.25 || list[0].Y != 0.5 || !list[0].Label):
			t.Errorf("%s: %+v, %v, want one target of i0 at 0.25, 0.5", name, list, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path)):
			t.Errorf("%s: %v, want %q and the file", name, err, c.want)
		}
	}
	if _, err := targetfile.Read(t.TempDir()); err == nil || !strings.Contains(err.Error(), "it is a folder: give the .parquet or .csv file") {
		t.Errorf("a folder: %v", err)
	}
}

// What package features writes is read as it was written, from Parquet and from CSV.
func TestWritten(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	store, err := teststore.Make(ctx, dir, teststore.Options{Images: 100, Pages: 20})
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range []string{features.ImageNet, features.COCO} {
		o := features.WriteOptions{Options: features.Options{Set: set, Rules: []string{"all"}, All: true, SplitBy: "image"}}
		var want []targetfile.Target
		err := features.Each(ctx, store, o.Options, func(f *features.Target) error {
			row := f.Row.Target
			row.Label = row.Label || set == features.ImageNet
			want = append(want, row)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, ext := range []string{".parquet", ".csv"} {
			file := filepath.Join(dir, set+ext)
			if _, err := features.Write(ctx, store, file, o); err != nil {
				t.Fatal(err)
			}
			got, err := targetfile.Read(file)
			if err != nil || len(got) != len(want) || len(got) == 0 {
				t.Fatalf("%s: %d rows, want %d, %v", file, len(got), len(want), err)
			}
			for i := range got {
				if fmt.Sprint(got[i]) != fmt.Sprint(want[i]) { // NaN is NaN
					t.Fatalf("%s, row %d: %v, want %v", file, i+1, got[i], want[i])
				}
			}
		}
	}
}

// Parquet of other programs has other types; the first row with a fault is reported.
func TestOtherTypes(t *testing.T) {
	type row struct {
		Image  int32   `parquet:"image_id"`
		X      float32 `parquet:"x"`
		Y      string  `parquet:"y,optional"`
		Weight int64   `parquet:"weight"`
		Label  bool    `parquet:"label"`
	}
	file := filepath.Join(t.TempDir(), "t.parquet")
	for _, c := range []struct {
		rows []row
		want []targetfile.Target
		err  string
	}{
		{rows: []row{{7, 0.25, "0.5", 1, true}, {8, 2, "0.5", 1, false}},
			want: []targetfile.Target{{Image: "7", ClassIndex: -1, X: 0.25, Y: 0.5, Weight: 1, Label: true}, {Image: "8", ClassIndex: -1, X: 2, Y: 0.5}}},
		{rows: []row{{7, 0.25, "0.5", 1, true}, {8, 0.5, "low", 1, true}, {9, 0.5, "0,5", 1, true}}, err: `row 2, column y: "low" is not a number`},
	} {
		if err := parquet.WriteFile(file, c.rows); err != nil {
			t.Fatal(err)
		}
		got, err := targetfile.Read(file)
		if c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) || c.err == "" && (err != nil || !slices.Equal(got, c.want)) {
			t.Errorf("%v, %v, want %v %s", got, err, c.want, c.err)
		}
	}
}
