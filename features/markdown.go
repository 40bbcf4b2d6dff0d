package features

import (
	"fmt"
	"io"
	"strings"
)

const docHead = `# Targets

<!-- Generated from internals of package features: go test ./features -run TestDoc -update -->

` + "`abtool targets STORE --out FILE`" + ` derives from a store what a model learns from: a point for each image (ImageNet) or each class of an image (COCO), with what is
known about it. It reads the store, never the raw files, and what it writes depends on the store and the options alone, to the byte.

    abtool targets store --out targets.parquet                                    the paper's points
    abtool targets store --rule all --split image --out targets.parquet           every rule, in splits without leakage
    abtool targets store --set coco --all --out coco.csv                          also classes that nobody placed, for their labels
    abtool targets store --signal scribble,attention --format npy --out arrays    the trace too, for NumPy
    abtool targets store --format webdataset --images train/ --out shards         with the images
    abtool train --targets targets.parquet --images train/ --out run              learn from it

    import pandas as pd
    t = pd.read_parquet("targets.parquet", columns=["image_id", "rule", "x", "y", "weight"])
    z = t[(t.rule == "final-click") & (t.weight > 0)].set_index("image_id")[["x", "y"]]

Coordinates are fractions of the image, x across from the left edge and y down from the top; times are in ms. Numbers such as I4 and C3 are those of [stats.md](stats.md): a point
here is the point that the statistics judge. **Weight** is 1 for a point on its image, edges included, and 0 for one that lies outside or is missing. Without ` + "`--all`" + `, an image or class
without a point has no row; with it, it has one of weight 0, if the image was shown or has the class.

Rows come in the order of the annotations that they are made from, then by class, then by rule as listed here; images without an annotation, by id, at the end.

`

const docRandom = `### The public loaders

| number | what they do |
|---|---|
| L1 | ImageNet: of each selected showing the first click as read; the mean of them, in document order. The loader stops at a selected showing without a click; here its image has no point, and no row. |
| L2 | COCO: of each class the last add; int(y · originalImageHeight), int(x · originalImageWidth), towards zero, with the sizes of the record, so 0, 0 where they are 0 (` + "`--gt-size`" + `: then the ground truth's). The class's number is its place in the loader's list of 91 names, from 1. An add without a place is passed over, where the loader stops. |

### random, as a formula

So that any program can draw the same points:

    d = SHA-256(seed + "\n" + "random" + "\n" + image)                     ImageNet: the image's id
    d = SHA-256(seed + "\n" + "random" + "\n" + image + "\n" + class)      COCO: the digits of its number, the name of the class
    x = (first 8 bytes of d, big-endian, shifted right by 11) / 2^53
    y = (next 8 bytes of d, the same way) / 2^53

    import hashlib
    d = hashlib.sha256(b"1\nrandom\nn01440764_105").digest()
    x, y = (int.from_bytes(d[i:i + 8], "big") >> 11 for i in (0, 8))
    x, y = x / 2**53, y / 2**53

### calibrated, as a formula

Annotators are in one of five parts by a hash of their name. For a click of part f, over the clicks of all other parts, each held against the nearest box of its image (COCO: of its class):

    shift = median of ((x − xmin) / (xmax − xmin), (y − ymin) / (ymax − ymin)) − (0.5, 0.5)
    size  = mean width and height of those boxes, of the click's class; of all classes if that has fewer than 20 such clicks
    point = click − shift · size

The ground truth of the image itself and the clicks of its annotator are in none of it but through the boxes of others' clicks. Points of unknown annotators are in the part of their image.

### confidence

The probability that the point is on its object: the annotator's accuracy on other images, (α + hits) / (α + β + n), where α and β are of the beta distribution between annotators, fitted by
maximum likelihood on other images (in five parts, by a hash of the image). The image's own hits and trials are taken out of the annotator's count. Judged is what I19 and C4 judge.

`

const docSplits = `## Splits and fractions

` + "`--split image|worker|class`" + ` puts every row in a split, by a hash of the seed and the image's id, the annotator's or the class's name, so that it stays there when data are added. ` + "`--shares`" + ` are
train=0.8,val=0.1,test=0.1 unless given. What would be in several splits at once, an image selected by annotators of two splits or an image of COCO with classes of two, is left out and counted.
` + "`--stratify`" + ` (ImageNet) draws within every class: its images, in the order of the hash, are cut at the shares, so that each class has them to within one image.

` + "`--fraction 0.95`" + ` keeps images by another hash; a smaller fraction with the same seed is a part of a larger one. The paper's data fractions (table C) are such.

`

const docFormats = `## Formats

Parquet has the description of every column in the file itself: key-value metadata ` + "`abtool.columns`, `abtool.rules`, `abtool.options` and `abtool.sources`" + `, JSON but for the last. In DuckDB:

    SELECT decode(value) FROM parquet_kv_metadata('targets.parquet') WHERE decode(key) = 'abtool.columns'

| format | name | what it is |
|---|---|---|
`

const docKeypoints = `
COCO keypoints: an annotation a row, with the one keypoint ` + "`point`" + ` as [x px, y px, 2], or [0, 0, 0] without weight; bbox is the whole image, where the point was looked for; the other columns are keys of the annotation. Category ids
are class_index for COCO and class_index + 1 for ImageNet, whose images get numbers from 1 beside their image_id.

WebDataset: for each image KEY.jpg, KEY.json with its rows, and for ImageNet KEY.cls with the class_index; KEY is the image's id, of COCO in twelve digits.

Hugging Face: data/SPLIT.parquet, README.md and croissant.json. What only you know, ` + "`--license`, `--url`, `--creator` and `--published`" + `, goes into both; what is missing is named in the card.

`

const docCrops = `## Crops

A crop of w × h pixels at (cx, cy) of an image of W × H moves a point (x, y) to

    u = (x − cx/W) / (w/W),  v = (y − cy/H) / (h/H);  mirrored: u ← 1 − u

and weighs 1 if u and v are in [0, 1], else 0. Crops are drawn as torchvision's RandomResizedCrop draws them: area uniform between ` + "`--min-scale`" + ` and 1, ratio log-uniform between 3/4 and 4/3, ten tries, then the middle; then a flip with
the probability ` + "`--flip`" + `. The k-th crop of an image is of a generator seeded by the seed, the image's id and k: the one that ` + "`abtool train --seed`" + ` takes in its k-th epoch, from 0, where the recipe has the same scales. In Go: features.Rand, RandomCrop, Crop.Point, Label.

A class of COCO whose point the crop leaves out is no label of the crop in the published loader; one that was never placed keeps its label. ` + "`label_published`" + ` is that rule, ` + "`label`" + ` the untouched label. In training: ` + "`label_rule`" + `.

`

// WriteDoc writes docs/targets.md.
func WriteDoc(w io.Writer) error {
	var b strings.Builder
	b.WriteString(docHead)
	b.WriteString("## Rules\n\n`--rule NAME,NAME` or `--rule all`. Ground truth is a bound of what points can teach, not a byproduct.\n\n| rule | of | point | note | source |\n|---|---|---|---|---|\n")
	for _, r := range rules {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", r.Name, strings.Join(r.Sets, ", "), cell(r.What), cell(r.Note), cell(r.From))
	}
	b.WriteString("\n" + docRandom)
	for _, set := range both {
		o := Options{Set: set, All: true, SplitBy: "image"}
		if err := o.defaults([]string{set}); err != nil {
			return err
		}
		fmt.Fprintf(&b, "## Columns of %s\n\n", titles[set])
		writeColumns(&b, columnsOf(&o))
	}
	b.WriteString("## Signals\n\n`--signal NAME,NAME` or `--signal all`. They are of the final click, or final add, whatever the rule, and empty where it has no trace.\n\n")
	o := Options{Set: ImageNet}
	if err := o.defaults([]string{ImageNet}); err != nil {
		return err
	}
	for i := range signals {
		s := &signals[i]
		fmt.Fprintf(&b, "### %s\n\n%s %s Source: %s.\n\n", s.Name, s.What, s.Note, s.From)
		writeColumns(&b, s.columns(&o))
	}
	b.WriteString(docSplits + docFormats)
	for _, f := range formats {
		name := "a folder"
		if f.Ext != "" {
			name = f.Ext
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", f.Name, name, cell(f.What))
	}
	b.WriteString(docKeypoints + docCrops)
	b.WriteString("`--crops N` writes them as a table: the columns of targets, and\n\n")
	writeColumns(&b, cropColumns(true))
	b.WriteString("## Pairs\n\n`--pairs N`: images that one annotator saw together, to find and factor out what is the annotator's and not the image's. " + tables[2].What + " " + tables[2].Note + "\n\n")
	o = Options{Set: ImageNet, SplitBy: "image"}
	if err := o.defaults([]string{ImageNet}); err != nil {
		return err
	}
	writeColumns(&b, pairColumns(&o))
	b.WriteString("## Classes\n\n`--classes`: " + tables[3].What + " " + tables[3].Note + "\n\n### ImageNet-AB\n\n")
	writeColumns(&b, classColumns(false))
	b.WriteString("### COCO-AB\n\n")
	writeColumns(&b, classColumns(true))
	_, err := io.WriteString(w, strings.TrimRight(b.String(), "\n")+"\n")
	return err
}

var titles = map[string]string{ImageNet: "ImageNet-AB", COCO: "COCO-AB"}

func writeColumns(b *strings.Builder, cols []column) {
	b.WriteString("| column | type | unit | values | null | from | what it is |\n|---|---|---|---|---|---|---|\n")
	for _, c := range described(cols) {
		null := c.Null
		if null == never {
			null = ""
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s | %s | %s |\n", c.Name, c.Type, cell(c.Unit), cell(c.Range), cell(null), cell(c.From), cell(c.Doc))
	}
	b.WriteString("\n")
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
