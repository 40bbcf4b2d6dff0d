package explore

import (
	"errors"
	"net/http"

	"abtool/internal/imagefile"
)

// images finds the images of a store at several places.
type images struct {
	places []*imagefile.Index
}

func openImages(places []string) (_ *images, err error) {
	m := &images{}
	for _, place := range places {
		x, err := imagefile.OpenIndex(place, nil)
		if err != nil {
			return nil, errors.Join(err, m.Close())
		}
		m.places = append(m.places, x)
	}
	return m, nil
}

func (m *images) some() bool { return len(m.places) > 0 }

// Close closes the places.
func (m *images) Close() (err error) {
	if m == nil {
		return nil
	}
	for _, x := range m.places {
		err = errors.Join(err, x.Close())
	}
	return err
}

// image answers with an image, or a scaled version of it.
func (s *Server) image(w http.ResponseWriter, r *http.Request) {
	http.NotFound(w, r)
}
