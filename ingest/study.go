package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"

	"abtool/ingest/decode"
	"abtool/ingest/source"
	"abtool/ingest/study"
	"abtool/schema"
)

// openStudies opens the studies among the sources. Their tasks say which data sets they are of.
func (r *runner) openStudies(ctx context.Context) (err error) {
	r.studies = map[*source.Source]*study.Study{}
	defer func() {
		if err != nil {
			r.closeStudies()
		}
	}()
	for _, in := range r.sources {
		if !in.Study {
			continue
		}
		s, err := study.Open(ctx, in.Path, in.Name)
		if err != nil {
			return err
		}
		r.studies[in.Source] = s
		in.home = decode.ImageNet
		if s.Task == "tag" {
			in.home = decode.COCO
		}
		in.Set = in.home
		r.studied[in.home] = true
	}
	return nil
}

func (r *runner) closeStudies() {
	for _, s := range r.studies {
		s.Close()
	}
}

// feedStudy reads a study: it writes the tables of pages, sessions and reviews, and sends the records of pages on.
func (r *runner) feedStudy(ctx context.Context, s *source.Source) error {
	st := r.studies[s]
	d, err := r.dataset(s.Set)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out, in := io.Pipe()
	read := make(chan error, 1)
	go func() {
		err := r.readStudy(ctx, s, st, d, in)
		in.CloseWithError(err)
		read <- err
	}()
	err = s.FeedRecords(ctx, r.feeder, out, "study, "+st.Task)
	cancel()
	out.CloseWithError(context.Canceled)
	if failed := <-read; failed != nil && !errors.Is(failed, context.Canceled) {
		return failed
	}
	return err
}

func (r *runner) readStudy(ctx context.Context, s *source.Source, st *study.Study, d *dataset, to io.Writer) error {
	sessions, reviews, err := st.Read(ctx, r.o.Jobs, func(p *study.Page) error {
		for _, chunk := range p.Read {
			s.Count(chunk)
		}
		if err := d.pages.write(slice[schema.PageAttempt](p.Attempts), nil); err != nil || p.Record == nil {
			return err
		}
		_, err := to.Write(p.Record)
		return err
	})
	if err != nil {
		return fmt.Errorf("reading %s: %w", s.Name, err)
	}
	st.Account.Folder = r.target.Relative(s.Path)
	d.studies = append(d.studies, st.Account)
	if err := d.visits.write(slice[schema.Session](sessions), nil); err != nil {
		return err
	}
	return d.reviews.write(slice[schema.Review](reviews), nil)
}
