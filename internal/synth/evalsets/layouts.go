package evalsets

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"abtool/eval/classes"
)

// firstClasses are the published labels of ImageNet's first validation images.
var firstClasses = []int32{65, 970, 230, 809, 516}

// imageNet writes the validation images in folders. The first five have their published labels.
func (w *writer) imageNet() {
	a := w.begin("imagenet", "imagenet/val")
	order := slices.Clone(firstClasses)
	rest := slices.DeleteFunc(slices.Clone(every), func(k int32) bool { return slices.Contains(firstClasses, k) })
	w.rng("imagenet").Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
	order = append(order, rest...)
	for n := range w.Images * classes.Count {
		k := order[n%classes.Count]
		name := fmt.Sprintf("ILSVRC2012_val_%08d.JPEG", n+1)
		painted := w.image(a, "imagenet/val/"+wnid(k)+"/"+name, []int32{k}, every, hit, "", picture{})
		w.val = append(w.val, valImage{name, k, painted})
	}
	w.damaged(a, "imagenet/val/"+wnid(0), ".JPEG")
}

// flatImages is the number of images of the layout without folders.
const flatImages = 100

// flat writes the first validation images in one folder, with their labels in every format.
func (w *writer) flat() {
	a := w.begin("imagenet-flat", "imagenet-flat/val")
	var solution, synsets, commas, spaces, numbers, ids strings.Builder
	solution.WriteString("ImageId,PredictionString\n")
	table := slices.Clone(every) // the development kit numbers the classes in another order
	w.rng("ids").Shuffle(len(table), func(i, j int) { table[i], table[j] = table[j], table[i] })
	for i, k := range table {
		fmt.Fprintf(&ids, "%d %s\n", i+1, wnid(k))
	}
	for _, v := range w.val[:flatImages] {
		w.image(a, "imagenet-flat/val/"+v.name, []int32{v.class}, every, hit, "", picture{})
		name := strings.TrimSuffix(v.name, ".JPEG")
		fmt.Fprintf(&solution, "%s,%s 10 12 90 88 n00000000 1 1 5 5 \n", name, wnid(v.class))
		fmt.Fprintln(&synsets, wnid(v.class))
		fmt.Fprintf(&commas, "val/%s,%d\n", v.name, v.class)
		fmt.Fprintf(&spaces, "%s %d\n", v.name, v.class)
		fmt.Fprintln(&numbers, slices.Index(table, v.class)+1)
		w.file("imagenet-flat/other-labels/Annotation/"+name+".xml", fmt.Appendf(nil,
			"<annotation><filename>%s</filename><object><name>%s</name><bndbox><xmin>10</xmin><ymin>12</ymin>"+
				"<xmax>90</xmax><ymax>88</ymax></bndbox></object></annotation>\n", name, wnid(v.class)))
	}
	w.file("imagenet-flat/LOC_val_solution.csv", []byte(solution.String()))
	for name, text := range map[string]*strings.Builder{
		"imagenet_2012_validation_synset_labels.txt": &synsets, "class_labels.txt": &commas, "val.txt": &spaces,
		"ILSVRC2012_validation_ground_truth.txt": &numbers,
	} {
		w.file("imagenet-flat/other-labels/"+name, []byte(text.String()))
	}
	w.file("imagenet-flat/ids/table.txt", []byte(ids.String()))
}

// v2 writes ImageNet-V2. Its folders are the numbers of the classes.
func (w *writer) v2() {
	const place = "imagenetv2-matched-frequency-format-val"
	a := w.begin("v2", place)
	for k := range int32(classes.Count) {
		for i := range w.Images {
			name := fmt.Sprintf("%s/%d/%020x.jpeg", place, k, w.rng(fmt.Sprint(place, k, i)).Uint64())
			w.image(a, name, []int32{k}, every, hit, "", picture{})
		}
	}
	w.damaged(a, place+"/10", ".jpeg")
}

const readme = "This folder is a synthetic image set. Its images have one colour, which stands for a class.\n"

// renditions are the beginnings of the names of ImageNet-R's files.
var renditions = strings.Fields("art cartoon deviantart embroidery graffiti graphic misc origami painting sculpture " +
	"sketch sticker tattoo toy videogame")

// subsets writes ImageNet-A, -R and -O, each with 200 folders and a README.txt at its root.
func (w *writer) subsets() {
	for _, s := range []struct {
		set  string
		of   []int32
		name func(k int32, i int) string
	}{
		{"a", classes.A(), func(k int32, i int) string {
			return fmt.Sprintf("0.%06d_digital clock _ digital clock_0.865662.jpg", 116+i)
		}},
		{"r", classes.R(), func(k int32, i int) string {
			return fmt.Sprintf("%s_%d.jpg", renditions[(int(k)+i)%len(renditions)], i/len(renditions))
		}},
		{"o", classes.O(), func(k int32, i int) string { return fmt.Sprintf("%s_%d.JPEG", wnid(k), i) }},
	} {
		place := "imagenet-" + s.set
		a := w.begin(s.set, place)
		w.file(place+"/README.txt", []byte(readme))
		for _, k := range s.of {
			for i := range w.Images {
				w.image(a, place+"/"+wnid(k)+"/"+s.name(k, i), []int32{k}, s.of, hit, "", picture{})
			}
		}
	}
}

// sketch writes ImageNet-Sketch, whose files have the same names in every folder.
func (w *writer) sketch() {
	a := w.begin("sketch", "sketch")
	for k := range int32(classes.Count) {
		for i := range w.Images {
			w.image(a, fmt.Sprintf("sketch/%s/sketch_%d.JPEG", wnid(k), i), []int32{k}, every, hit, "", picture{})
		}
	}
}

// families has the corruptions of ImageNet-C by the folders that its archives unpack to.
var families = []struct {
	folder      string
	corruptions []string
}{
	{"noise", []string{"gaussian_noise", "shot_noise", "impulse_noise"}},
	{"blur", []string{"defocus_blur", "glass_blur", "motion_blur", "zoom_blur"}},
	{"weather", []string{"snow", "frost", "fog", "brightness"}},
	{"digital", []string{"contrast", "elastic_transform", "pixelate", "jpeg_compression"}},
	{"extra", []string{"speckle_noise", "gaussian_blur", "spatter", "saturate"}},
}

// corruptedImages is the number of images of each corruption and severity, with w.Images of 1.
const corruptedImages = 4

// corrupted writes ImageNet-C, with fewer right answers for higher severities. The extra corruptions are in the
// layout without the folder of their family.
func (w *writer) corrupted() {
	a := w.begin("c", "imagenet-c")
	for _, f := range families {
		for _, c := range f.corruptions {
			for severity := 1; severity <= 5; severity++ {
				place := fmt.Sprintf("imagenet-c/%s/%s/%d/", f.folder, c, severity)
				if f.folder == "extra" {
					place = fmt.Sprintf("imagenet-c/%s/%d/", c, severity)
				}
				for _, v := range w.val[:corruptedImages*w.Images] {
					w.image(a, place+wnid(v.class)+"/"+v.name, []int32{v.class}, every, 0.9-0.12*float64(severity),
						fmt.Sprintf("%s/%d", c, severity), picture{width: w.Size, height: w.Size})
				}
			}
		}
	}
}

// objectNet writes ObjectNet with its mappings and some folders that are not classes of ImageNet-1k. Its images
// have a red border.
func (w *writer) objectNet() {
	a := w.begin("objectnet", "objectnet-1.0")
	folders, names := map[string]string{}, map[string]string{}
	lines := slices.Clone(every) // class of each line
	w.rng("lines").Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	index := map[string]int{}
	var texts strings.Builder
	text := func(k int32) string { return fmt.Sprintf("label %d, class of colour %d", k, k) }
	for line, k := range lines {
		index[fmt.Sprint(k)] = line
		fmt.Fprintln(&texts, text(k))
	}
	put := func(to *Answer, folder string, accepted []int32) {
		for i := range w.Images {
			id := w.rng(fmt.Sprint("objectnet", folder, i)).Uint64() >> 4
			w.image(to, fmt.Sprintf("objectnet-1.0/images/%s/%015x.png", folder, id), accepted, every, hit, "",
				picture{border: 2})
		}
	}
	for _, e := range classes.ObjectNet() {
		name := strings.ReplaceAll(e.Name, "_", " ")
		folders[e.Name] = name
		var all []string
		for _, k := range e.Classes {
			all = append(all, text(k))
		}
		names[name] = strings.Join(all, "; ")
		put(a, e.Name, e.Classes)
	}
	var ignored Answer
	for _, f := range []string{"air_freshener", "apron", "beach_ball", "zipper"} {
		folders[f] = strings.ReplaceAll(f, "_", " ")
		put(&ignored, f, every)
	}
	w.json("objectnet-1.0/mappings/folder_to_objectnet_label.json", folders)
	w.json("objectnet-1.0/mappings/objectnet_to_imagenet_1k.json", names)
	w.json("objectnet-1.0/mappings/pytorch_to_imagenet_2012_id.json", index)
	w.file("objectnet-1.0/mappings/imagenet_to_label_2012_v2", []byte(texts.String()))
}

// siScore writes the three sets of SI-Score. Each has a file of its images' factors: next to the folders of
// classes, or in the folder that the published files have for it.
func (w *writer) siScore() {
	var list strings.Builder
	list.WriteString("int,label\n")
	for _, e := range classes.SIScore() {
		fmt.Fprintf(&list, "%d,%s\n", e.Classes[0], e.Name)
	}
	w.file("si-score/foreground_classes.csv", []byte(list.String()))
	type factors struct{ x, y, area, rotation string }
	for _, s := range []struct {
		set, folder, metadata string
		values                []factors
	}{
		{"si-size", "area", "area", []factors{{"0.5", "0.5", "0.01", "1"}, {"0.5", "0.5", "0.5", "1"},
			{"0.5", "0.5", "1.0", "1"}}},
		{"si-location", "location20_area02_min0pc", "location20_area02_min0pc",
			[]factors{{"0.0", "0.0", "0.2", "1"}, {"0.0", "0.5", "0.2", "1"}, {"0.5", "0.0", "0.2", "1"},
				{"1.0", "1.0", "0.2", "1"}}},
		{"si-rotation", "rotation", "object_rotation",
			[]factors{{"0.5", "0.5", "0.2", "1"}, {"0.5", "0.5", "0.5", "21"}, {"0.5", "0.5", "0.2", "341"}}},
	} {
		a := w.begin(s.set, "si-score/"+s.folder)
		var table strings.Builder
		table.WriteString("image_id,x_coord,y_coord,area,rotation,foreground_class,foreground_instance,background," +
			"bg_resolution_width,bg_resolution_height,pct_inside_image\n")
		id := 0
		for _, e := range classes.SIScore() {
			for i, v := range s.values {
				// Groups have different numbers of images, so that the two means differ.
				for range w.Images * (1 + min(i, 1)) {
					name := fmt.Sprintf("si-score/%s/%s/%d.jpg", s.folder, e.Name, id)
					w.image(a, name, e.Classes, every, 0.4+0.2*float64(i), "", picture{})
					fmt.Fprintf(&table, "%d,%s,%s,%s,%s,%s,0,0,500,375,100\n", id, v.x, v.y, v.area, v.rotation,
						e.Name)
					id++
				}
			}
		}
		w.file("si-score/"+s.metadata+"/metadata.csv", []byte(table.String()))
	}
}

// Variants of the Backgrounds Challenge, with the share of right answers.
var variants = []struct {
	name  string
	share float64
}{
	{"original", 0.95}, {"mixed_same", 0.85}, {"mixed_rand", 0.7}, {"mixed_next", 0.65}, {"only_bg_b", 0.3},
	{"only_bg_t", 0.35}, {"only_fg", 0.8}, {"no_fg", 0.4},
}

// backgroundImages is the number of images of each class and variant, with w.Images of 1.
const backgroundImages = 5

// backgrounds writes the Backgrounds Challenge, with masks of foregrounds that cover the left half.
func (w *writer) backgrounds() {
	a := w.begin("backgrounds", "bg_challenge")
	for _, v := range variants {
		for _, e := range classes.IN9() {
			for i := range backgroundImages * w.Images {
				name := fmt.Sprintf("%s/val/%s/fg_%05d_%d.JPEG", v.name, e.Name, i, i%3)
				w.image(a, "bg_challenge/"+name, e.Classes, every, v.share, v.name, picture{width: w.Size, height: w.Size})
				if v.name == "original" {
					w.file(fmt.Sprintf("bg_challenge/fg_mask/val/%s/fg_%05d_%d.npy", e.Name, i, i%3), mask(w.Size))
				}
			}
		}
	}
}

// mask returns a mask of the left half of a square as a numpy array.
func mask(side int) []byte {
	header := fmt.Sprintf("{'descr': '|b1', 'fortran_order': False, 'shape': (%d, %[1]d), }", side)
	header += strings.Repeat(" ", 127-10-len(header)) + "\n"
	out := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), byte(len(header)>>8))
	out = append(out, header...)
	for i := range side * side {
		out = append(out, byte(1-i%side*2/side))
	}
	return out
}

// real writes real.json for the validation images: no class for some of them, and two for others.
func (w *writer) real() {
	lists := make([][]int32, 50000)
	for i := range lists {
		lists[i] = []int32{}
		if i >= len(w.val) {
			continue
		}
		r := w.rng(fmt.Sprint("real", i))
		switch v := w.val[i]; r.IntN(10) {
		case 0: // nothing
		case 1:
			lists[i] = []int32{v.painted}
		case 2:
			if other := int32(r.IntN(classes.Count)); other != v.class {
				lists[i] = []int32{v.class, other}
			}
		default:
			lists[i] = []int32{v.class}
		}
	}
	data, err := json.Marshal(lists)
	if err != nil {
		w.err = err
		return
	}
	w.file(realName, data)
}
