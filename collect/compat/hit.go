package compat

import (
	"cmp"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"path"
	"strconv"

	"abtool/collect"
	"abtool/collect/derive"
	"abtool/collect/records"
	"abtool/collect/storage"
)

type classBody struct {
	ID          string         `json:"id"`
	WNID        string         `json:"wnid"`
	Description string         `json:"description"`
	Synset      []string       `json:"synset"`
	Wikipedia   []string       `json:"wikipedia"`
	Counts      map[string]int `json:"annotationCount,omitempty"`
}

type imageBody struct {
	ID     string         `json:"id"`
	URL    string         `json:"url"`
	Counts map[string]int `json:"annotationCount,omitempty"`
}

type pageBody struct {
	Number int         `json:"pageno"`
	Class  *classBody  `json:"class,omitempty"`  // of ImageNet
	Images []imageBody `json:"images,omitempty"` // of ImageNet
	Image  *imageBody  `json:"image,omitempty"`  // of COCO
}

// hit answers a HIT. It is unique: a front end asks for a page after the last one if a HIT that is not unique is
// opened again.
func (f *Front) hit(w http.ResponseWriter, r *http.Request) {
	var hit collect.HIT
	var images map[string]collect.Image
	err := f.DB.View(r.Context(), func(v *storage.View) (err error) {
		if hit, err = v.HIT(r.PathValue("hit")); err == nil {
			images, err = v.ImagesOf(hit.ID)
		}
		return err
	})
	if errors.Is(err, storage.ErrUnknown) {
		f.Refuse(w, 404, "no_hit", "there is no HIT %q; please check the link", r.PathValue("hit"))
		return
	}
	if err != nil {
		f.Failed(w, r, err)
		return
	}
	pages := []pageBody{}
	for n, p := range hit.Pages {
		body := pageBody{Number: n}
		for i, slot := range p.Slots {
			m := images[slot.Image]
			body.Images = append(body.Images, imageBody{ID: frontEndID(p.Class, &m), URL: f.address(r, hit.ID, n, i, &m)})
		}
		if hit.Task == collect.Tag {
			body.Image, body.Images = &body.Images[0], nil
		} else {
			body.Class = f.class(p.Class)
		}
		pages = append(pages, body)
	}
	f.Answer(w, 200, map[string]any{"hitDatasetName": r.PathValue("set"), "id": hit.ID, "isUnique": true, "pages": pages})
}

func (f *Front) class(id string) *classBody {
	c := f.Study.Class(id)
	return &classBody{ID: id, WNID: id, Description: cmp.Or(c.Definition, c.Name), Synset: append([]string{c.Name}, c.Synonyms...), Wikipedia: append([]string{}, c.Links...)}
}

// frontEndID returns the id of an image on a page of a class, as the front end knows it.
func frontEndID(class string, m *collect.Image) string {
	return derive.FrontEndID(derive.Slot{ImageID: records.ImageID(class, m), Class: class})
}

// address returns the address of an image. It has the number of the page, because COCO's front end takes two
// successive pages with one address for one page, and ends in the id, which that front end sends back.
func (f *Front) address(r *http.Request, hit string, page, slot int, m *collect.Image) string {
	place := url.PathEscape(hit) + "/" + strconv.Itoa(page) + "/" + strconv.Itoa(slot)
	set := cmp.Or(r.PathValue("set"), f.Study.Study.ID)
	return f.origin(r) + "/api/" + f.kind() + "/" + url.PathEscape(set) + "/images/" + place + "/" +
		f.Keys.HITImageKey(f.Study.Study.ID, hit, page, slot) + "/" + url.PathEscape(m.ID) + path.Ext(m.Path)
}

// origin returns the address of the server as the front end reaches it.
func (f *Front) origin(r *http.Request) string {
	switch {
	case f.Study.Compat.URL != "":
		return f.Study.Compat.URL
	case f.Secure(r):
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// image serves an image of a HIT to who knows its address.
func (f *Front) image(w http.ResponseWriter, r *http.Request) {
	hit, key := r.PathValue("hit"), r.PathValue("key")
	page, err1 := strconv.Atoi(r.PathValue("page"))
	slot, err2 := strconv.Atoi(r.PathValue("slot"))
	if err1 != nil || err2 != nil || subtle.ConstantTimeCompare([]byte(key), []byte(f.Keys.HITImageKey(f.Study.Study.ID, hit, page, slot))) != 1 {
		if f.Allow(w, r) {
			f.Refuse(w, 404, "no_image", "there is no such image")
		}
		return
	}
	file, err := f.DB.CompatImage(r.Context(), hit, page, slot)
	if errors.Is(err, storage.ErrUnknown) {
		f.Refuse(w, 404, "no_image", "there is no such image")
		return
	}
	if err != nil {
		f.Failed(w, r, err)
		return
	}
	if len(f.Study.Compat.Origins) > 0 {
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	}
	f.Image(w, r, file, key)
}
