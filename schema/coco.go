package schema

// Action is one step with an icon.
type Action struct {
	Type  *string  `parquet:"type" range:"add, move, remove" null:"missing" from:"actionType" doc:"Kind of the action."`
	Icon  *string  `parquet:"icon" range:"category name" null:"missing" from:"iconType" doc:"The class of the icon."`
	FromX *float64 `parquet:"from_x" unit:"fraction of the displayed width" range:"-100…100" null:"add, or missing, not a number, beyond 100 (R6)" from:"pointFrom.x" doc:"Place of the icon before the action, across."`
	FromY *float64 `parquet:"from_y" unit:"fraction of the displayed height" range:"-100…100" null:"as from_x" from:"pointFrom.y" doc:"Place of the icon before the action, down."`
	ToX   *float64 `parquet:"to_x" unit:"fraction of the displayed width" range:"-100…100" null:"remove, or missing, not a number, beyond 100 (R6)" from:"pointTo.x" doc:"Place of the icon after the action, across."`
	ToY   *float64 `parquet:"to_y" unit:"fraction of the displayed height" range:"-100…100" null:"as to_x" from:"pointTo.y" doc:"Place of the icon after the action, down."`
	T     *int64   `parquet:"t" unit:"ms since the page opened" range:"≥ 0" null:"missing, negative or not a number" from:"timeAt" doc:"Time of the action."`
	Via   *string  `parquet:"via" study:"only" range:"drag, click-icon, click-panel, drag-off, key, answer" null:"the source is not a study" from:"icons of the recording" doc:"How it was done; answer: no event says so, but the answer does."`
}

// Browse is one step through the eleven superclasses of icons.
type Browse struct {
	CategoryIdx *int32  `parquet:"category_idx" range:"0…10" null:"missing, negative or not an integer" from:"categoryIndex" doc:"Number of the superclass. The opening one (0) is not logged."`
	Category    *string `parquet:"category" range:"such as Animal" null:"missing" from:"categoryName" doc:"Name of the superclass."`
	Keyboard    *bool   `parquet:"keyboard" null:"missing or not a boolean" from:"usingKeyboard" doc:"Whether the step was made with a key rather than the button."`
	T           *int64  `parquet:"t" unit:"ms since the page opened" range:"≥ 0" null:"missing, negative or not a number" from:"timeAt" doc:"Time of the step."`
	Via         *string `parquet:"via" study:"only" range:"key, button" null:"the source is not a study" from:"steps of the recording" doc:"How it was done."`
}

// Drag is the whole movement of an icon while it was held.
type Drag struct {
	Icon    *string  `parquet:"icon" range:"category name" null:"never in a study" from:"drags of the recording" doc:"The class of the icon."`
	Origin  *string  `parquet:"origin" range:"panel, image" null:"never in a study" from:"drags of the recording" doc:"Where the icon was taken from."`
	Outcome *string  `parquet:"outcome" range:"placed, moved, removed, cancelled, none" null:"never in a study" from:"drags of the recording" doc:"What became of it."`
	T       *int64   `parquet:"t" unit:"ms since the page opened" range:"≥ 0" null:"never in a study" from:"drags of the recording" doc:"When the icon was taken."`
	TEnd    *int64   `parquet:"t_end" unit:"ms since the page opened" range:"≥ 0" null:"never in a study" from:"drags of the recording" doc:"When it was let go."`
	FromX   *float64 `parquet:"from_x" unit:"fraction of the displayed width" range:"-100…100" null:"the place of the image is not known" from:"drags of the recording" doc:"Where the pointer took it, across. In the panel this is outside of the image."`
	FromY   *float64 `parquet:"from_y" unit:"fraction of the displayed height" range:"-100…100" null:"as from_x" from:"drags of the recording" doc:"Where the pointer took it, down."`
	ToX     *float64 `parquet:"to_x" unit:"fraction of the displayed width" range:"-100…100" null:"as from_x" from:"drags of the recording" doc:"Where the pointer let it go, across."`
	ToY     *float64 `parquet:"to_y" unit:"fraction of the displayed height" range:"-100…100" null:"as from_x" from:"drags of the recording" doc:"Where the pointer let it go, down."`
}

// Sample is a mouse sample of a page.
type Sample struct {
	T *int64   `parquet:"t" unit:"ms since the page opened" range:"≥ 0" null:"missing, negative or not a number" from:"timeAt" doc:"Time of the sample."`
	X *float64 `parquet:"x" unit:"fraction of the displayed width" range:"-100…100; on the image 0…1" null:"before the image had loaded, not a number, or |x| > 100 (R6)" from:"x" doc:"Place across; 0 is the left edge."`
	Y *float64 `parquet:"y" unit:"fraction of the displayed height" range:"-100…100; on the image 0…1" null:"as x" from:"y" doc:"Place down; 0 is the top edge."`
}

// COCOAnnotation is one page: one image, one annotator.
type COCOAnnotation struct {
	Seq          int64    `parquet:"seq" range:"0, 1, 2, …" from:"reading order" doc:"Number of the row, in the order of the sources and of the document."`
	Source       string   `parquet:"source" from:"name of the file, folder or archive" doc:"The source that the record was read from."`
	ImageID      int64    `parquet:"image_id" from:"image_id, else the number in imageURL's file name" doc:"The image."`
	WorkerID     *string  `parquet:"worker_id" null:"missing or empty" from:"worker_id, workerID" doc:"The annotator."`
	HITID        *string  `parquet:"hit_id" null:"missing or empty" from:"hit_id, else assignment_id (R12)" doc:"The HIT of the statistics (C9)."`
	AssignmentID *string  `parquet:"assignment_id" null:"missing or empty; the release has none" from:"assignment_id, assignmentID" doc:"One annotator's work on one HIT."`
	PageIdx      *int32   `parquet:"page_idx" range:"≥ 0" null:"missing, negative or not an integer" from:"page_id, else page_idx (R12), pageno" doc:"Page of the HIT."`
	PageUUID     *string  `parquet:"page_uuid" null:"not from a front-end page" from:"page.id" doc:"The page's own identifier."`
	PageStarted  *int64   `parquet:"page_started" unit:"ms since 1970 UTC" null:"not from a front-end page" from:"page.startedAt" doc:"When the page was opened."`
	PageEnded    *int64   `parquet:"page_ended" unit:"ms since 1970 UTC" null:"not from a front-end page" from:"page.endedAt, else endedAt" doc:"When the page was left."`
	ImageWidth   *float64 `parquet:"image_width" unit:"CSS px" range:"≥ 0; 0: it did not load" null:"missing, negative or not a number" from:"imageWidth" doc:"Displayed width."`
	ImageHeight  *float64 `parquet:"image_height" unit:"CSS px" range:"≥ 0; 0: it did not load" null:"missing, negative or not a number" from:"imageHeight" doc:"Displayed height."`
	OrigWidth    *int32   `parquet:"original_width" unit:"px" range:"≥ 0; 0: it did not load" null:"missing, negative or not an integer" from:"originalImageWidth" doc:"Width of the original image."`
	OrigHeight   *int32   `parquet:"original_height" unit:"px" range:"≥ 0; 0: it did not load" null:"missing, negative or not an integer" from:"originalImageHeight" doc:"Height of the original image."`
	TimeSpent    *int64   `parquet:"time_spent" unit:"ms" range:"≥ 0" null:"missing, negative or not a number" from:"timeSpent, timeSpend" doc:"Time on the page."`
	Categories   []string `parquet:"categories,list" range:"category names" from:"categories" doc:"True classes of the image, where the record gives them."`
	Actions      []Action `parquet:"actions,list" from:"actionHistories" doc:"Actions with icons, in list order."`
	Browsing     []Browse `parquet:"browsing,list" from:"categoryHistories" doc:"Steps through the superclasses, in list order."`
	Mouse        []Sample `parquet:"mouse,list" from:"mouseTracking" doc:"Mouse samples in list order; none while an icon is dragged or under the pointer."`

	Drags      []Drag  `parquet:"drags,list" study:"only" from:"drags of the recording" doc:"Movements of icons, in the order of time."`
	Layout     []Place `parquet:"layout,list" study:"only" from:"layouts of the recording" doc:"Where the image was in the document, each time that this changed."`
	LoadT      *int64  `parquet:"load_t" study:"only" unit:"ms since page_started" range:"≥ 0" null:"it did not load, or the source is not a study" from:"images of the recording" doc:"When the image had loaded."`
	LoadFailed *bool   `parquet:"load_failed" study:"only" null:"the source is not a study" from:"images of the recording" doc:"Whether the image could not be loaded."`
	Arm        *string `parquet:"arm" study:"only" null:"the study has no arms, or the source is not a study" from:"the annotator" doc:"The arm of the study, which is the variant of the page that the annotator saw."`
	Known      *bool   `parquet:"known" study:"only" null:"nobody knows, or the source is not a study" from:"the plan" doc:"Whether a class is known to be in the image."`
	Gold       *bool   `parquet:"gold" study:"only" null:"the source is not a study" from:"the plan" doc:"Whether the image checks annotators."`

	GivenPages *int32 `parquet:"given_pages" study:"only" range:"≥ 1" null:"the annotator was given a whole HIT, or the source is not a study" from:"the plan" doc:"Pages that the annotator was given: of the rest of a HIT that another annotator had begun, or of a HIT that the plan made smaller."`
	WholePages *int32 `parquet:"whole_pages" study:"only" range:"≥ 2" null:"as given_pages" from:"study.toml" doc:"Pages of a whole HIT of the study."`
}

// Instance is one annotated object of the ground truth.
type Instance struct {
	ID         int64     `parquet:"id" from:"annotations.id" doc:"Id of the object."`
	CategoryID int64     `parquet:"category_id" range:"1…90 with gaps" from:"annotations.category_id" doc:"Class of the object."`
	Category   *string   `parquet:"category" null:"no file names the category" from:"categories.name" doc:"Name of the class."`
	X          *float64  `parquet:"x" unit:"px" null:"no bbox, or one without area" from:"bbox[0]" doc:"Left edge of the bounding box."`
	Y          *float64  `parquet:"y" unit:"px" null:"no bbox, or one without area" from:"bbox[1]" doc:"Top edge of the bounding box."`
	W          *float64  `parquet:"w" unit:"px" null:"no bbox, or one without area" from:"bbox[2]" doc:"Width of the bounding box."`
	H          *float64  `parquet:"h" unit:"px" null:"no bbox, or one without area" from:"bbox[3]" doc:"Height of the bounding box."`
	Area       *float64  `parquet:"area" unit:"px²" null:"missing, below 0 or not finite" from:"area" doc:"Area of the mask."`
	Crowd      bool      `parquet:"crowd" from:"iscrowd" doc:"One mask for a group of objects."`
	Polygon    []float64 `parquet:"polygon,list" unit:"px" from:"segmentation" doc:"x0, y0, x1, y1, … of all polygons, one after the other."`
	Rings      []int32   `parquet:"rings,list" from:"segmentation" range:"≥ 6, even" doc:"Number of values of polygon that belong to each polygon."`
	RLEHeight  *int32    `parquet:"rle_height" unit:"px" null:"no usable run-length mask" from:"segmentation.size[0]" doc:"Height of the run-length mask."`
	RLEWidth   *int32    `parquet:"rle_width" unit:"px" null:"no usable run-length mask" from:"segmentation.size[1]" doc:"Width of the run-length mask."`
	RLECounts  []int64   `parquet:"rle_counts,list" unit:"px" from:"segmentation.counts, also the compressed string" doc:"Runs in column-major order, zeros first."`
}

// COCOImage is one image of the ground truth.
type COCOImage struct {
	ImageID   int64      `parquet:"image_id" from:"images.id" doc:"The image. Rows are sorted by it."`
	Width     *int32     `parquet:"width" unit:"px" null:"missing, below 1 or not an integer" from:"images.width" doc:"Width of the image."`
	Height    *int32     `parquet:"height" unit:"px" null:"missing, below 1 or not an integer" from:"images.height" doc:"Height of the image."`
	FileName  *string    `parquet:"file_name" null:"missing" from:"images.file_name" doc:"Name of the image's file."`
	Instances []Instance `parquet:"instances,list" from:"annotations" doc:"Objects on the image, in the order of the file."`
}

// Reject is one record that was left out of the store, or one field that was set to null.
type Reject struct {
	Kind    string  `parquet:"kind" range:"record, field" from:"computed" doc:"Whether the whole record was left out, or only the field set to null."`
	Source  string  `parquet:"source" from:"name of the file, folder or archive" doc:"The source of the record."`
	Member  *string `parquet:"member" null:"the source is one file" from:"name in the archive or folder" doc:"The file within the source."`
	Offset  int64   `parquet:"offset" unit:"bytes" range:"≥ 0" from:"computed" doc:"Place where the record begins, in the uncompressed stream or in the member."`
	Record  int64   `parquet:"record" range:"0, 1, 2, …" from:"computed" doc:"Number of the record in the source, counted in members, lines or elements."`
	Field   *string `parquet:"field" null:"the whole record" from:"computed" doc:"The field, with its place in a list, such as mouseTracking[3].x."`
	Reason  string  `parquet:"reason" range:"see docs/reference/store.md" from:"computed" doc:"Why the record was left out, or the field set to null."`
	Detail  *string `parquet:"detail" null:"the reason says it all" from:"computed" doc:"What was found, in words."`
	Snippet *string `parquet:"snippet" null:"nothing to show" from:"the input" doc:"The first bytes of the input that was found; bytes other than printable ASCII are escaped."`
}
