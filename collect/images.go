package collect

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"abtool/internal/parallel"
)

// errChanged is the error of an image that is not the one that init read.
var errChanged = errors.New("it is another image than collect init read")

// CheckImages compares the images of a study with their files. It reads those that changed after images.jsonl was
// written, or all of them, and calls wrong for each that is missing or another one.
func (s *Study) CheckImages(ctx context.Context, all bool, wrong func(m *Image, err error)) (images []Image, err error) {
	list := filepath.Join(s.Dir, ImagesFile)
	if images, err = readLines[Image](list); err != nil {
		return nil, err
	}
	info, err := os.Stat(list)
	if err != nil {
		return nil, err
	}
	since := info.ModTime()
	if all {
		since = time.Time{}
	}
	return images, parallel.InOrder(ctx, 0, len(images), func(_, i int) (error, error) {
		return images[i].compare(s.ImageFolder(), since), nil
	}, func(i int, err error) error {
		if err != nil {
			wrong(&images[i], err)
		}
		return nil
	})
}

// compare returns an error if the file of an image is missing, or if it changed after a time and is another one.
func (m *Image) compare(folder string, since time.Time) error {
	f, err := os.Open(filepath.Join(folder, filepath.FromSlash(m.Path)))
	if err != nil {
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.ModTime().After(since) {
		return err
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != m.SHA256 {
		return errChanged
	}
	return nil
}

// imageDoubts returns what is wrong with the files of images, as one sentence each for those that are missing and those
// that changed. If all are missing, that is an error.
func (s *Study) imageDoubts(ctx context.Context) (doubts []string, err error) {
	var missing, changed int
	var lost, other string
	images, err := s.CheckImages(ctx, false, func(m *Image, err error) {
		if errors.Is(err, errChanged) {
			changed++
			other = cmp.Or(other, m.Path)
			return
		}
		missing++
		lost = cmp.Or(lost, m.Path)
		if !errors.Is(err, fs.ErrNotExist) {
			lost += fmt.Sprintf(" (%v)", err)
		}
	})
	if err != nil {
		return nil, err
	}
	if missing == len(images) {
		return nil, fmt.Errorf("none of the %d images is in %s: put them back, or give folder in %s their new place", missing, s.ImageFolder(), SettingsFile)
	}
	if missing > 0 {
		doubts = append(doubts, fmt.Sprintf("%d of %d images are missing in %s, such as %s: annotators see an empty place for them",
			missing, len(images), s.ImageFolder(), lost))
	}
	if changed > 0 {
		doubts = append(doubts, fmt.Sprintf("%d of %d images in %s are others than collect init read, such as %s: records would be of one image, and annotators see another",
			changed, len(images), s.ImageFolder(), other))
	}
	return doubts, nil
}
