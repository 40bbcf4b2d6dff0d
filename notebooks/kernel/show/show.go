// Package show displays results in a notebook: the result of a call, or its error, which ends the cell.
//
//	show.Picture(reports.Draw(statistics, "imagenet-traces"))
//	show.HTML(db.Table(ctx, "SELECT count(*) FROM imagenet_samples"))
package show

import (
	"log"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// HTML displays a table.
func HTML(x interface{ HTML() string }, err error) {
	check(err)
	gonbui.DisplayHTML(x.HTML())
	gonbui.Sync()
}

// Markdown displays a text.
func Markdown(text string) {
	gonbui.DisplayMarkdown(text)
	gonbui.Sync()
}

// A Figure is a picture and its size on the page.
type Figure interface {
	PNG() ([]byte, error)
	Size() (width, height float64)
}

// Picture displays a figure.
func Picture(x Figure, err error) {
	check(err)
	b := Must(x.PNG())
	width, _ := x.Size()
	gonbui.SendData(&protocol.DisplayData{
		Data:     map[protocol.MIMEType]any{protocol.MIMEImagePNG: b},
		Metadata: map[string]any{string(protocol.MIMEImagePNG): map[string]int{"width": int(width)}},
	})
	gonbui.Sync()
}

// Must returns v if err is nil. Otherwise it displays the error and ends the cell.
func Must[T any](v T, err error) T {
	check(err)
	return v
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
