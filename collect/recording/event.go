package recording

// Times are microseconds since the page began, by the clock of the input events of the browser. Positions
// are tenths of a CSS pixel, from the upper left corner of the document. Slots count from 0.
//
// The tag col names the column of a field in a chunk. An option "delta" says that the column holds the
// differences between consecutive values, and "optional" that it may be missing.

// A Sample is a position of the pointer.
type Sample struct {
	T        int64  `col:"t,delta"`
	X        int32  `col:"x,delta"`
	Y        int32  `col:"y,delta"`
	Buttons  int32  `col:"buttons"`           // the buttons that are down, as MouseEvent.buttons gives them
	Pointer  string `col:"pointer"`           // mouse, touch, pen
	Frame    int32  `col:"frame"`             // 1 if this sample was dispatched as an event, 0 if it was coalesced
	Pressure int32  `col:"pressure,optional"` // of a pen, in thousandths
}

// A Press is a button of the pointer that went down or up, a click, or the loss of the pointer.
type Press struct {
	T       int64  `col:"t,delta"`
	What    string `col:"what"` // down, up, cancel, click
	X       int32  `col:"x"`
	Y       int32  `col:"y"`
	Button  int32  `col:"button"`
	Pointer string `col:"pointer"`
	Target  string `col:"target"`
}

// A Choice selects or deselects an image of a browse page.
type Choice struct {
	T    int64  `col:"t,delta"`
	What string `col:"what"` // select, deselect
	Slot int32  `col:"slot"`
	X    int32  `col:"x"` // 0 if Via is key, and at the level answers
	Y    int32  `col:"y"`
	Via  string `col:"via"` // mouse, touch, pen, key
}

// A Crossing is the pointer that enters or leaves a target.
type Crossing struct {
	T      int64  `col:"t,delta"`
	What   string `col:"what"`   // enter, leave
	Target string `col:"target"` // slot:7, icon:cake, panel, button:submit, link, document
}

// A Drag is the whole movement of an icon while it was held.
type Drag struct {
	T       int64  `col:"t,delta"` // start
	End     int64  `col:"end"`     // since the page began
	Icon    string `col:"icon"`
	From    string `col:"from"`    // panel, image
	Outcome string `col:"outcome"` // placed, moved, removed, cancelled, none
	FromX   int32  `col:"from_x"`
	FromY   int32  `col:"from_y"`
	ToX     int32  `col:"to_x"`
	ToY     int32  `col:"to_y"`
}

// An IconChange adds an icon to the image, moves it, or removes it. Positions are fractions of the
// displayed image in millionths: an icon may be placed by a key, without a pointer.
type IconChange struct {
	T     int64  `col:"t,delta"`
	What  string `col:"what"` // add, move, remove
	Icon  string `col:"icon"`
	Via   string `col:"via"` // drag, click-icon, click-panel, drag-off, key
	FromX int32  `col:"from_x"`
	FromY int32  `col:"from_y"`
	ToX   int32  `col:"to_x"`
	ToY   int32  `col:"to_y"`
}

// A Step opens a superclass of the tag page.
type Step struct {
	T          int64  `col:"t,delta"`
	Superclass int32  `col:"superclass"` // 0 to 10
	Via        string `col:"via"`        // key, button
}

// A Key is a key that the page uses, Tab, Escape, or "other".
type Key struct {
	T    int64  `col:"t,delta"`
	Name string `col:"name"`
}

// A Scroll is a position of the document in the window.
type Scroll struct {
	T int64 `col:"t,delta"`
	X int32 `col:"x"`
	Y int32 `col:"y"`
}

// A View is the size of the window in CSS pixels and its magnification in thousandths.
type View struct {
	T       int64 `col:"t,delta"`
	Width   int32 `col:"width"`
	Height  int32 `col:"height"`
	Ratio   int32 `col:"ratio"`    // device pixels for a CSS pixel
	Scale   int32 `col:"scale"`    // of the visual viewport, by pinching
	OffsetX int32 `col:"offset_x"` // of the visual viewport, tenths of a CSS pixel
	OffsetY int32 `col:"offset_y"`
}

// A Layout is the place of the image of a slot in the document.
type Layout struct {
	T      int64 `col:"t,delta"`
	Slot   int32 `col:"slot"`
	X      int32 `col:"x"`
	Y      int32 `col:"y"`
	Width  int32 `col:"width"`
	Height int32 `col:"height"`
}

// An ImageState says that an image was loaded, or could not be.
type ImageState struct {
	T      int64  `col:"t,delta"`
	Slot   int32  `col:"slot"`
	What   string `col:"what"`   // loaded, failed
	Width  int32  `col:"width"`  // of the file, in pixels
	Height int32  `col:"height"` // of the file, in pixels
}

// A PageState is a change of the page in the browser.
type PageState struct {
	T    int64  `col:"t,delta"`
	What string `col:"what"` // visible, hidden, focus, blur, freeze, resume, online, offline, show, restored, reload
}

// A Note is a remark of the annotator, or a help link that was opened.
type Note struct {
	T    int64  `col:"t,delta"`
	What string `col:"what"` // remark, link
	Text string `col:"text"`
}

// A Gap says what the recorder left out.
type Gap struct {
	T     int64  `col:"t,delta"`
	What  string `col:"what"`  // thinned, dropped, lost, sleep
	Count int64  `col:"count"` // samples, events, or milliseconds of sleep; -1 if not known
}
