package teststudy

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"abtool/collect"
)

// Truth writes ground truth of the images of Make: a folder of boxes for browse, an instances file for tag. It
// returns the path.
func Truth(dir, task string) (string, error) {
	m := &maker{image: map[string]collect.Image{}, hits: map[string]collect.HIT{}}
	images, _ := m.plan(task)
	if task == "browse" {
		for _, image := range images {
			text := fmt.Sprintf(`<annotation><filename>%s</filename><size><width>500</width><height>375</height></size>`+
				`<object><name>%s</name><bndbox><xmin>100</xmin><ymin>75</ymin><xmax>400</xmax><ymax>250</ymax></bndbox></object></annotation>`,
				image.ID, image.Class)
			file := filepath.Join(dir, "boxes", image.Class, image.ID+".xml")
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				return "", err
			}
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				return "", err
			}
		}
		return filepath.Join(dir, "boxes"), nil
	}
	type dict map[string]any
	var list, objects, categories []dict
	for i, name := range icons {
		categories = append(categories, dict{"id": i + 1, "name": name})
	}
	for i, image := range images {
		var id int
		fmt.Sscan(image.ID, &id)
		list = append(list, dict{"id": id, "width": 500, "height": 375, "file_name": fmt.Sprintf("COCO_train2014_%012d.jpg", id)})
		for class := range 2 {
			objects = append(objects, dict{"id": 10*i + class, "image_id": id, "category_id": class + 1, "iscrowd": 0, "area": 43750,
				"bbox": []int{100, 75, 300, 175}, "segmentation": [][]int{{100, 75, 400, 75, 400, 250, 100, 250}}})
		}
	}
	text, err := json.Marshal(dict{"images": list, "annotations": objects, "categories": categories})
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "instances_train2014.json")
	return file, os.WriteFile(file, text, 0o644)
}
