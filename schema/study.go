package schema

// PageAttempt is an attempt at a page of a study. Times of events are µs since the attempt began.
type PageAttempt struct {
	Source       string `parquet:"source" from:"name of the folder" doc:"The study."`
	PageUUID     string `parquet:"page_uuid" from:"the assignment" doc:"The page. It is page_uuid of the annotations."`
	Attempt      int32  `parquet:"attempt" range:"≥ 1" from:"the browser" doc:"1 when the page was first shown, one more after each reload."`
	State        string `parquet:"state" range:"submitted, surplus, replaced, open, left, withdrawn" from:"computed" doc:"Submitted; submitted after another attempt was; an attempt at a page that another attempt submitted; or not submitted: the assignment is live, was left, or the annotator withdrew."`
	AssignmentID string `parquet:"assignment_id" from:"the assignment" doc:"One annotator's work on one HIT."`
	HITID        string `parquet:"hit_id" from:"the plan" doc:"The HIT."`
	WorkerID     string `parquet:"worker_id" from:"pseudonym" doc:"The annotator."`
	PageIdx      int32  `parquet:"page_idx" range:"≥ 0" from:"the plan" doc:"Page of the HIT."`
	Session      *int64 `parquet:"session" null:"the assignment was never leased in a visit" from:"the assignment" doc:"The last visit in which the assignment was leased; see sessions."`

	Arm    *string  `parquet:"arm" null:"the study has no arms" from:"the annotator" doc:"The arm of the study."`
	Level  *string  `parquet:"level" range:"full, events, answers" null:"not known" from:"the annotator's consent" doc:"What is recorded: all; all but samples of the pointer; answers with their times."`
	Class  *string  `parquet:"class" null:"a tag page" from:"the plan" doc:"The class that the page asks for."`
	Images []string `parquet:"images,list" from:"the plan" doc:"The images, by slot."`

	Started   *int64 `parquet:"started" unit:"ms since 1970 UTC" null:"no chunk can be read" from:"t0 of the recording" doc:"When the attempt began, by the clock of the browser."`
	Ended     *int64 `parquet:"ended" unit:"ms since 1970 UTC" null:"not submitted" from:"the submit" doc:"When it was submitted, by the clock of the browser."`
	Received  int64  `parquet:"received" unit:"ms since 1970 UTC" from:"the server" doc:"When the first chunk was stored, by the clock of the server."`
	Submitted *int64 `parquet:"submitted" unit:"ms since 1970 UTC" null:"not submitted" from:"the server" doc:"When the submit was stored, by the clock of the server."`

	VisibleMS int64   `parquet:"visible_ms" unit:"ms" range:"≥ 0" from:"states of the recording" doc:"Time that the page was visible."`
	HiddenMS  int64   `parquet:"hidden_ms" unit:"ms" range:"≥ 0" from:"states of the recording" doc:"Time that the page was hidden: another tab, or the window was minimised."`
	Pauses    []Pause `parquet:"pauses,list" from:"computed" doc:"Times of one second or more in which the page was visible and nothing was recorded."`
	ActiveMS  int64   `parquet:"active_ms" unit:"ms" range:"≥ 0" from:"computed" doc:"visible_ms without the pauses of more than 30 s. The macro active_ms computes it for other pauses."`
	IdleMS    int64   `parquet:"idle_ms" unit:"ms" range:"≥ 0" from:"computed" doc:"visible_ms less active_ms."`

	Reloads        int32    `parquet:"reloads" range:"≥ 0" from:"computed" doc:"Attempts before this one that were stored."`
	SubmitVia      *string  `parquet:"submit_via" range:"mouse, touch, pen, key" null:"not submitted, or not recorded" from:"computed" doc:"How the page was submitted."`
	AnswerMismatch *bool    `parquet:"answer_mismatch" null:"not submitted" from:"computed" doc:"Whether the events do not lead to the answer, which counts."`
	Flags          []string `parquet:"flags,list" range:"chain_differs, events_differ, times_disorder" from:"the server" doc:"What was wrong with the submit, or with the times of the events: some are before earlier ones of their kind, or before the page began. They are sorted here."`

	ChunksAnnounced int64  `parquet:"chunks_announced" range:"≥ 0" from:"the browser" doc:"Chunks that the browser made, as far as is known: chunks_stored + missing ones."`
	ChunksStored    int64  `parquet:"chunks_stored" range:"≥ 0" from:"the server" doc:"Chunks that are stored."`
	EventsAnnounced *int64 `parquet:"events_announced" range:"≥ 0" null:"not submitted" from:"the submit" doc:"Events that the browser recorded: events_stored + events of missing chunks."`
	EventsStored    int64  `parquet:"events_stored" range:"≥ 0" from:"computed" doc:"Events of the chunks that are stored."`
	EventsUnknown   int64  `parquet:"events_unknown" range:"≥ 0" from:"computed" doc:"Of these, events of kinds that this version does not know. They are in no list."`
	Thinned         int64  `parquet:"thinned" range:"≥ 0" from:"gaps of the recording" doc:"Samples that the recorder left out to keep the rate."`
	Dropped         int64  `parquet:"dropped" range:"≥ 0" from:"gaps of the recording" doc:"Samples that it left out because there were too many."`
	Lost            int64  `parquet:"lost" range:"≥ 0" from:"gaps of the recording" doc:"Events that were lost in the browser, by a reload for example, as far as their number is known."`

	Pointer   []PageSample   `parquet:"pointer,list" from:"samples of the recording" doc:"Samples of the pointer on the whole page."`
	Presses   []PagePress    `parquet:"presses,list" from:"presses of the recording" doc:"Buttons of the pointer, and clicks."`
	Crossings []PageCrossing `parquet:"crossings,list" from:"crossings of the recording" doc:"The pointer entering and leaving targets."`
	Choices   []PageChoice   `parquet:"choices,list" from:"choices of the recording" doc:"Images that were selected and deselected."`
	Icons     []PageIcon     `parquet:"icons,list" from:"icons of the recording" doc:"Icons that were added, moved and removed."`
	Drags     []PageDrag     `parquet:"drags,list" from:"drags of the recording" doc:"Movements of icons."`
	Steps     []PageStep     `parquet:"steps,list" from:"steps of the recording" doc:"Superclasses that were opened."`
	Keys      []PageKey      `parquet:"keys,list" from:"keys of the recording" doc:"Keys that the page uses, Tab and Escape; others without their names."`
	Scroll    []PageScroll   `parquet:"scroll,list" from:"scrolls of the recording" doc:"Positions of the document in the window."`
	View      []PageView     `parquet:"view,list" from:"views of the recording" doc:"Sizes of the window."`
	Layout    []PageLayout   `parquet:"layout,list" from:"layouts of the recording" doc:"Places of the images in the document."`
	Loads     []PageLoad     `parquet:"loads,list" from:"images of the recording" doc:"Images that were loaded, or could not be."`
	Focus     []PageEvent    `parquet:"focus,list" from:"states of the recording" doc:"Changes of the page: visible, hidden, focus, blur, freeze, resume, online, offline, show, restored, reload."`
	Notes     []PageNote     `parquet:"notes,list" from:"notes of the recording" doc:"Remarks of the annotator, and help links that were opened."`
	Gaps      []PageGap      `parquet:"gaps,list" from:"gaps of the recording" doc:"What the recorder left out."`
}

// Pause is a time in which a visible page recorded nothing.
type Pause struct {
	T      int64 `parquet:"t" unit:"ms since the attempt began" range:"≥ 0" from:"computed" doc:"Beginning."`
	Length int64 `parquet:"length" unit:"ms" range:"≥ 1000" from:"computed" doc:"Length."`
}

// PageSample is a sample of the pointer.
type PageSample struct {
	US       int64   `parquet:"us,delta" unit:"µs since the attempt began" from:"samples.t" doc:"Time of the input, by its own time stamp."`
	X        float64 `parquet:"x,dict" unit:"CSS px" from:"samples.x" doc:"Place in the document, across."`
	Y        float64 `parquet:"y,dict" unit:"CSS px" from:"samples.y" doc:"Place in the document, down."`
	Buttons  int32   `parquet:"buttons,dict" range:"bits as in MouseEvent.buttons" from:"samples.buttons" doc:"Buttons that are down."`
	Type     string  `parquet:"type,dict" range:"mouse, touch, pen" from:"samples.pointer" doc:"Kind of the pointer."`
	Frame    bool    `parquet:"frame" from:"samples.frame" doc:"Whether the browser dispatched the sample as an event. The others came between two frames."`
	Pressure float64 `parquet:"pressure,dict" unit:"fraction" range:"0…1" from:"samples.pressure" doc:"Pressure of a pen; 0 for other pointers."`
}

// PagePress is a button of the pointer that went down or up, or a click.
type PagePress struct {
	US     int64   `parquet:"us" unit:"µs since the attempt began" from:"presses.t" doc:"Time."`
	What   string  `parquet:"what,dict" range:"down, up, cancel, click" from:"presses.what" doc:"What happened; cancel: the pointer was lost."`
	X      float64 `parquet:"x" unit:"CSS px" from:"presses.x" doc:"Place in the document, across."`
	Y      float64 `parquet:"y" unit:"CSS px" from:"presses.y" doc:"Place in the document, down."`
	Button int32   `parquet:"button" range:"as in MouseEvent.button" from:"presses.button" doc:"The button."`
	Type   string  `parquet:"type,dict" range:"mouse, touch, pen" from:"presses.pointer" doc:"Kind of the pointer."`
	Target string  `parquet:"target,dict" range:"slot:7, icon:cake, panel, button:submit, link, document" from:"presses.target" doc:"On what."`
}

// PageCrossing is the pointer that enters or leaves a target.
type PageCrossing struct {
	US     int64  `parquet:"us,delta" unit:"µs since the attempt began" from:"crossings.t" doc:"Time."`
	What   string `parquet:"what,dict" range:"enter, leave" from:"crossings.what" doc:"What happened."`
	Target string `parquet:"target,dict" range:"slot:7, icon:cake, panel, button:submit, link, document" from:"crossings.target" doc:"The target."`
}

// PageChoice selects or deselects an image.
type PageChoice struct {
	US   int64   `parquet:"us" unit:"µs since the attempt began" from:"choices.t" doc:"Time."`
	What string  `parquet:"what,dict" range:"select, deselect" from:"choices.what" doc:"What happened."`
	Slot int32   `parquet:"slot" range:"≥ 0" from:"choices.slot" doc:"Slot of the image."`
	X    float64 `parquet:"x" unit:"CSS px" from:"choices.x" doc:"Place in the document, across; 0 by a key."`
	Y    float64 `parquet:"y" unit:"CSS px" from:"choices.y" doc:"Place in the document, down; 0 by a key."`
	Via  string  `parquet:"via,dict" range:"mouse, touch, pen, key" from:"choices.via" doc:"How."`
}

// PageIcon adds an icon, moves it, or removes it.
type PageIcon struct {
	US    int64   `parquet:"us" unit:"µs since the attempt began" from:"icons.t" doc:"Time."`
	What  string  `parquet:"what,dict" range:"add, move, remove" from:"icons.what" doc:"What happened."`
	Icon  string  `parquet:"icon,dict" range:"category name" from:"icons.icon" doc:"The icon."`
	Via   string  `parquet:"via,dict" range:"drag, click-icon, click-panel, drag-off, key" from:"icons.via" doc:"How."`
	FromX float64 `parquet:"from_x" unit:"fraction of the displayed width" from:"icons.from_x" doc:"Place before, across; 0 for add."`
	FromY float64 `parquet:"from_y" unit:"fraction of the displayed height" from:"icons.from_y" doc:"Place before, down; 0 for add."`
	ToX   float64 `parquet:"to_x" unit:"fraction of the displayed width" from:"icons.to_x" doc:"Place after, across; 0 for remove."`
	ToY   float64 `parquet:"to_y" unit:"fraction of the displayed height" from:"icons.to_y" doc:"Place after, down; 0 for remove."`
}

// PageDrag is the movement of an icon while it was held.
type PageDrag struct {
	US      int64   `parquet:"us" unit:"µs since the attempt began" from:"drags.t" doc:"When the icon was taken."`
	End     int64   `parquet:"end" unit:"µs since the attempt began" from:"drags.end" doc:"When it was let go."`
	Icon    string  `parquet:"icon,dict" range:"category name" from:"drags.icon" doc:"The icon."`
	Origin  string  `parquet:"origin,dict" range:"panel, image" from:"drags.from" doc:"Where it was taken from."`
	Outcome string  `parquet:"outcome,dict" range:"placed, moved, removed, cancelled, none" from:"drags.outcome" doc:"What became of it."`
	FromX   float64 `parquet:"from_x" unit:"CSS px" from:"drags.from_x" doc:"Where the pointer took it in the document, across."`
	FromY   float64 `parquet:"from_y" unit:"CSS px" from:"drags.from_y" doc:"Where the pointer took it, down."`
	ToX     float64 `parquet:"to_x" unit:"CSS px" from:"drags.to_x" doc:"Where the pointer let it go, across."`
	ToY     float64 `parquet:"to_y" unit:"CSS px" from:"drags.to_y" doc:"Where the pointer let it go, down."`
}

// PageStep opens a superclass of icons.
type PageStep struct {
	US         int64  `parquet:"us" unit:"µs since the attempt began" from:"steps.t" doc:"Time."`
	Superclass int32  `parquet:"superclass" range:"0…10" from:"steps.superclass" doc:"The superclass."`
	Via        string `parquet:"via,dict" range:"key, button" from:"steps.via" doc:"How."`
}

// PageKey is a key that went down.
type PageKey struct {
	US   int64  `parquet:"us" unit:"µs since the attempt began" from:"keys.t" doc:"Time."`
	Name string `parquet:"name,dict" range:"as in KeyboardEvent.key, or other" from:"keys.name" doc:"The key."`
}

// PageScroll is a position of the document in the window.
type PageScroll struct {
	US int64   `parquet:"us,delta" unit:"µs since the attempt began" from:"scrolls.t" doc:"Time."`
	X  float64 `parquet:"x,dict" unit:"CSS px" from:"scrolls.x" doc:"How far it is scrolled, across."`
	Y  float64 `parquet:"y,dict" unit:"CSS px" from:"scrolls.y" doc:"How far it is scrolled, down."`
}

// PageView is the size of the window.
type PageView struct {
	US      int64   `parquet:"us" unit:"µs since the attempt began" from:"views.t" doc:"Time."`
	Width   int32   `parquet:"width" unit:"CSS px" from:"views.width" doc:"Width of the window."`
	Height  int32   `parquet:"height" unit:"CSS px" from:"views.height" doc:"Height of the window."`
	Ratio   float64 `parquet:"ratio" unit:"device pixels a CSS pixel" from:"views.ratio" doc:"Resolution of the screen, with the zoom of the browser."`
	Scale   float64 `parquet:"scale" unit:"factor" from:"views.scale" doc:"Magnification by pinching."`
	OffsetX float64 `parquet:"offset_x" unit:"CSS px" from:"views.offset_x" doc:"Left edge of what pinching shows."`
	OffsetY float64 `parquet:"offset_y" unit:"CSS px" from:"views.offset_y" doc:"Top edge of what pinching shows."`
}

// PageLayout is the place of the image of a slot in the document.
type PageLayout struct {
	US   int64   `parquet:"us" unit:"µs since the attempt began" from:"layouts.t" doc:"Since when it was there."`
	Slot int32   `parquet:"slot" range:"≥ 0" from:"layouts.slot" doc:"The slot."`
	X    float64 `parquet:"x" unit:"CSS px" from:"layouts.x" doc:"Left edge."`
	Y    float64 `parquet:"y" unit:"CSS px" from:"layouts.y" doc:"Top edge."`
	W    float64 `parquet:"w" unit:"CSS px" from:"layouts.width" doc:"Width."`
	H    float64 `parquet:"h" unit:"CSS px" from:"layouts.height" doc:"Height."`
}

// PageLoad says that an image was loaded, or could not be.
type PageLoad struct {
	US     int64  `parquet:"us" unit:"µs since the attempt began" from:"images.t" doc:"Time."`
	Slot   int32  `parquet:"slot" range:"≥ 0" from:"images.slot" doc:"The slot."`
	What   string `parquet:"what,dict" range:"loaded, failed" from:"images.what" doc:"What happened."`
	Width  int32  `parquet:"width" unit:"px" range:"≥ 0" from:"images.width" doc:"Width of the file."`
	Height int32  `parquet:"height" unit:"px" range:"≥ 0" from:"images.height" doc:"Height of the file."`
}

// PageEvent is a change of the page in the browser.
type PageEvent struct {
	US   int64  `parquet:"us" unit:"µs since the attempt began" from:"states.t" doc:"Time."`
	What string `parquet:"what,dict" range:"visible, hidden, focus, blur, freeze, resume, online, offline, show, restored, reload" from:"states.what" doc:"What happened."`
}

// PageNote is a remark of the annotator, or a help link that was opened.
type PageNote struct {
	US   int64  `parquet:"us" unit:"µs since the attempt began" from:"notes.t" doc:"Time."`
	What string `parquet:"what,dict" range:"remark, link" from:"notes.what" doc:"What it is."`
	Text string `parquet:"text" from:"notes.text" doc:"The remark, or the address."`
}

// PageGap says what the recorder left out.
type PageGap struct {
	US    int64  `parquet:"us" unit:"µs since the attempt began" from:"gaps.t" doc:"Time."`
	What  string `parquet:"what,dict" range:"thinned, dropped, lost, sleep" from:"gaps.what" doc:"Why."`
	Count int64  `parquet:"count" range:"≥ -1" from:"gaps.count" doc:"Samples, events, or milliseconds of sleep; -1: not known."`
}

// Session is a visit of an annotator to a study.
type Session struct {
	Source         string   `parquet:"source" from:"name of the folder" doc:"The study."`
	Session        int64    `parquet:"session" from:"the server" doc:"Number of the visit."`
	WorkerID       string   `parquet:"worker_id" from:"pseudonym" doc:"The annotator."`
	Platform       string   `parquet:"platform" range:"such as link" from:"the server" doc:"Where the annotator came from."`
	WorkerState    string   `parquet:"worker_state" range:"new, work, refused, withdrawn" from:"the server" doc:"Whether the annotator agreed to take part."`
	Arm            *string  `parquet:"arm" null:"the study has no arms, or the annotator did not agree" from:"the server" doc:"The arm of the study."`
	ArmProbability *float64 `parquet:"arm_probability" unit:"fraction" range:"0…1" null:"as arm" from:"the server" doc:"Probability with which the arm was drawn."`
	Level          *string  `parquet:"level" range:"full, events, answers" null:"the annotator did not agree" from:"the consent" doc:"What may be recorded."`
	ConsentVersion *int64   `parquet:"consent_version" range:"≥ 1" null:"the annotator did not agree" from:"the consent" doc:"The text that the annotator agreed to."`
	ConsentAt      *int64   `parquet:"consent_at" unit:"ms since 1970 UTC" null:"the annotator did not agree" from:"the consent" doc:"When."`
	Started        int64    `parquet:"started" unit:"ms since 1970 UTC" from:"the server" doc:"Beginning of the visit."`
	Seen           int64    `parquet:"seen" unit:"ms since 1970 UTC" from:"the server" doc:"Last sign of life."`
	Ended          *int64   `parquet:"ended" unit:"ms since 1970 UTC" null:"it was not ended" from:"the server" doc:"When it was finished or left."`
	Outcome        *string  `parquet:"outcome" range:"finished, refused, returned, withdrawn" null:"it was not ended" from:"the server" doc:"How it ended."`

	Pointers    []string `parquet:"pointers,list" range:"fine, coarse" from:"the browser" doc:"Kinds of pointers of the device."`
	Width       *int32   `parquet:"width" unit:"CSS px" null:"not told" from:"the browser" doc:"Width of the screen."`
	Height      *int32   `parquet:"height" unit:"CSS px" null:"not told" from:"the browser" doc:"Height of the screen."`
	Ratio       *float64 `parquet:"ratio" unit:"device pixels a CSS pixel" null:"not told" from:"the browser" doc:"Resolution of the screen."`
	Browser     *string  `parquet:"browser" range:"such as Chromium 120" null:"not told" from:"the browser" doc:"The browser and its major version."`
	System      *string  `parquet:"system" range:"such as Linux" null:"not told" from:"the browser" doc:"The operating system."`
	Language    *string  `parquet:"language" range:"such as en" null:"not told" from:"the browser" doc:"The language of the browser."`
	ClockStep   *int64   `parquet:"clock_step" unit:"µs" null:"not told" from:"the browser" doc:"Step of the clock of events."`
	ClockOffset *float64 `parquet:"clock_offset" unit:"ms" null:"not measured" from:"the beats" doc:"Clock of the server less clock of the browser."`
	ClockDelay  *float64 `parquet:"clock_delay" unit:"ms" null:"not measured" from:"the beats" doc:"Half of the round trip with which the offset was measured."`

	Assignments  int32    `parquet:"assignments" range:"≥ 0" from:"computed" doc:"Assignments that were last leased in the visit."`
	Pages        int32    `parquet:"pages" range:"≥ 0" from:"computed" doc:"Pages of these that were submitted."`
	SampleMedian *float64 `parquet:"sample_median" unit:"ms" null:"no samples" from:"computed" doc:"Median time between two samples of the pointer, pauses of more than 100 ms left out. With the next two it says which rate was reached."`
	SampleP5     *float64 `parquet:"sample_p5" unit:"ms" null:"no samples" from:"computed" doc:"5 % of the times are shorter."`
	SampleP95    *float64 `parquet:"sample_p95" unit:"ms" null:"no samples" from:"computed" doc:"5 % of the times are longer."`
}

// Review is a decision of a person about an assignment of a study.
type Review struct {
	Source       string   `parquet:"source" from:"name of the folder" doc:"The study."`
	AssignmentID string   `parquet:"assignment_id" from:"the server" doc:"The assignment."`
	HITID        string   `parquet:"hit_id" from:"the plan" doc:"Its HIT."`
	WorkerID     string   `parquet:"worker_id" from:"pseudonym" doc:"Its annotator."`
	Number       int32    `parquet:"number" range:"≥ 1" from:"the server" doc:"Counts the decisions about the assignment."`
	Counts       bool     `parquet:"counts" from:"computed" doc:"Whether this is the last decision about the assignment."`
	At           int64    `parquet:"at" unit:"ms since 1970 UTC" from:"the server" doc:"When it was made."`
	Decision     string   `parquet:"decision" range:"accept, reject" from:"a person" doc:"What was decided."`
	Reason       string   `parquet:"reason" range:"may be empty if it accepts" from:"a person" doc:"Why, as the annotator reads it."`
	Grounds      []string `parquet:"grounds,list" range:"names of rules and signals, other" from:"a person" doc:"What a rejection rests on."`
	Proposal     string   `parquet:"proposal" range:"accept, look, reject" from:"computed" doc:"What was proposed."`
	Recall       *string  `parquet:"recall" range:"holds, fails, open" null:"not computed" from:"computed" doc:"The rule recall, when it was decided: enough of what is known to be there was found."`
	Amount       *string  `parquet:"amount" range:"as recall" null:"a tag study" from:"computed" doc:"The rule amount: enough images were selected."`
	Place        *string  `parquet:"place" range:"as recall" null:"a browse study" from:"computed" doc:"The rule place: enough icons lie on a mask of their class."`
	Pages        *string  `parquet:"pages" range:"as recall" null:"not computed" from:"computed" doc:"The rule pages: enough pages were submitted."`
	Signals      []string `parquet:"signals,list" range:"names of signals" from:"computed" doc:"What deserved a look, and proves nothing."`
}
