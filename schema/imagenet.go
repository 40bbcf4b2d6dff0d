package schema

// Point is a click or a mouse sample on an image.
type Point struct {
	T *int64   `parquet:"t" unit:"ms since t0" range:"≥ 1" null:"time missing, negative or not a number" from:"time" doc:"Time of the click or sample. Times below 1e11 in the input are seconds (R7); all are stored as ms."`
	X *float64 `parquet:"x" unit:"fraction of the displayed width" range:"-100…100; on the image 0…1" null:"missing, not a number, or |x| > 100 (R6)" from:"x" doc:"Place across; 0 is the left edge. It can be a pixel outside of the image."`
	Y *float64 `parquet:"y" unit:"fraction of the displayed height" range:"-100…100; on the image 0…1" null:"missing, not a number, or |y| > 100 (R6)" from:"y" doc:"Place down; 0 is the top edge. It can be a pixel outside of the image."`
}

// Hover is the pointer entering or leaving an image.
type Hover struct {
	T      *int64  `parquet:"t" unit:"ms since t0" range:"≥ 1" null:"time missing, negative or not a number" from:"time" doc:"Time of the event."`
	Action *string `parquet:"action" range:"enter, leave" null:"missing" from:"action" doc:"Kind of the event. The list can end in an enter without its leave."`
}

// Box is a ground-truth bounding box.
type Box struct {
	XMin float64 `parquet:"xmin" unit:"px of the original image" range:"xmin < xmax" from:"bndbox" doc:"Left edge."`
	YMin float64 `parquet:"ymin" unit:"px of the original image" range:"ymin < ymax" from:"bndbox" doc:"Top edge."`
	XMax float64 `parquet:"xmax" unit:"px of the original image" from:"bndbox" doc:"Right edge. Divide by the image's width for relative units; boxes are not clipped."`
	YMax float64 `parquet:"ymax" unit:"px of the original image" from:"bndbox" doc:"Bottom edge."`
}

// ImageNetAnnotation is one time an image was shown to an annotator: one <metadata> of the
// release, or one record of the front end.
type ImageNetAnnotation struct {
	Seq           int64    `parquet:"seq" range:"0, 1, 2, …" from:"reading order" doc:"Number of the row, in the order of the sources and of the document. It breaks ties."`
	Source        string   `parquet:"source" from:"name of the file, folder or archive" doc:"The source that the record was read from."`
	ImageID       string   `parquet:"image_id" range:"such as n01440764_105" from:"filename, else last part of imageID, else member name (R3); JSON: imageID" doc:"The image."`
	Class         *string  `parquet:"class" range:"WordNet id" null:"unknown" from:"first part of imageID, else folder, else the image id's prefix" doc:"The class that annotators were asked to find."`
	WorkerID      *string  `parquet:"worker_id" null:"missing or empty" from:"worker_id, workerID" doc:"The annotator."`
	AssignmentID  *string  `parquet:"assignment_id" null:"missing or empty" from:"assignment_id, assignmentID" doc:"One annotator's work on one HIT: the HIT of the statistics (I17)."`
	HITID         *string  `parquet:"hit_id" null:"missing or empty" from:"hit_id, hitID" doc:"The HIT on the marketplace. The same HIT can be done twice."`
	ImageNetHITID *string  `parquet:"imagenet_hit_id" null:"missing or empty" from:"imagenet_hit_id, imageNetHitID" doc:"The set of 480 candidate images."`
	HITSubmitTime *int64   `parquet:"hit_submit_time" unit:"ms since 1970 UTC" range:"≥ 0" null:"missing, negative or not a number" from:"hit_submit_time" doc:"When the HIT was submitted."`
	PageIdx       *int32   `parquet:"page_idx" range:"0…9" null:"missing, negative or not an integer" from:"page_idx, pageno" doc:"Page of the HIT."`
	ImageIdx      *int32   `parquet:"image_idx" range:"0…47" null:"missing, negative or not an integer" from:"image_idx, index in the page" doc:"Slot on the page."`
	PageUUID      *string  `parquet:"page_uuid" null:"not from a front-end page" from:"page.id" doc:"The page's own identifier."`
	PageStarted   *int64   `parquet:"page_started" unit:"ms since 1970 UTC" null:"not from a front-end page" from:"page.startedAt" doc:"When the page was opened."`
	PageEnded     *int64   `parquet:"page_ended" unit:"ms since 1970 UTC" null:"not from a front-end page" from:"page.endedAt" doc:"When the page was left."`
	PositionX     *float64 `parquet:"position_x" unit:"CSS px" null:"missing or not a number" from:"imagePosition.x" doc:"Left edge of the image on the page."`
	PositionY     *float64 `parquet:"position_y" unit:"CSS px" null:"missing or not a number" from:"imagePosition.y" doc:"Top edge of the image on the page when it had loaded; it can be too small by hundreds of pixels."`
	ImageWidth    *float64 `parquet:"image_width" unit:"CSS px" range:"≥ 0; 0: it did not load" null:"missing, negative or not a number" from:"imageWidth" doc:"Displayed width."`
	ImageHeight   *float64 `parquet:"image_height" unit:"CSS px" range:"≥ 0; 0: it did not load" null:"missing, negative or not a number" from:"imageHeight" doc:"Displayed height."`
	OrigWidth     *int32   `parquet:"original_width" unit:"px" range:"≥ 0; 0: it did not load" null:"missing, negative or not an integer" from:"originalImageWidth" doc:"Width of the original image."`
	OrigHeight    *int32   `parquet:"original_height" unit:"px" range:"≥ 0; 0: it did not load" null:"missing, negative or not an integer" from:"originalImageHeight" doc:"Height of the original image."`
	Selected      *bool    `parquet:"selected" null:"missing, or neither true nor false (R8)" from:"selected" doc:"Whether the image was selected when the page was left. Null counts as not selected."`
	SelectedCount *int32   `parquet:"selected_count" range:"≥ 0" null:"missing, negative or not an integer" from:"selectedCount" doc:"Number of selecting clicks, as given."`
	HoveredCount  *int32   `parquet:"hovered_count" range:"≥ 0" null:"missing, negative or not an integer" from:"hoveredCount" doc:"Number of hovers, as given."`
	EstimateTime  *int64   `parquet:"estimate_time" unit:"ms" range:"≥ 0" null:"missing, negative or not a number" from:"estimateTime" doc:"Time hovered while not selected; approximate: it can be 0 although there are many samples."`
	T0            *int64   `parquet:"t0" unit:"ms since 1970 UTC" range:"whole seconds" null:"no event has a time" from:"computed" doc:"The last whole second before the earliest event; an event's epoch time is t0 + t."`
	Clicks        []Point  `parquet:"clicks,list" from:"selectedRecord, mousePoint" doc:"Clicks that selected the image, in document order. A deselecting click is not recorded. Where mousePoint stands in place of selectedRecord, it is a click only if selectedCount is above 0."`
	Mouse         []Point  `parquet:"mouse,list" from:"mouseTracking" doc:"Mouse samples in document order, taken only while the image was not selected."`
	Hovers        []Hover  `parquet:"hovers,list" from:"hoveredRecord" doc:"The pointer entering and leaving the image, in document order."`

	Deselects  []Point `parquet:"deselects,list" study:"only" from:"choices of the recording" doc:"Clicks that deselected the image, in the order of time."`
	Layout     []Place `parquet:"layout,list" study:"only" from:"layouts of the recording" doc:"Where the image was in the document, each time that this changed."`
	LoadT      *int64  `parquet:"load_t" study:"only" unit:"ms since page_started" range:"≥ 0" null:"it did not load, or the source is not a study" from:"images of the recording" doc:"When the image had loaded."`
	LoadFailed *bool   `parquet:"load_failed" study:"only" null:"the source is not a study" from:"images of the recording" doc:"Whether the image could not be loaded."`
	Arm        *string `parquet:"arm" study:"only" null:"the study has no arms, or the source is not a study" from:"the annotator" doc:"The arm of the study, which is the variant of the page that the annotator saw."`
	Known      *bool   `parquet:"known" study:"only" null:"nobody knows, or the source is not a study" from:"the plan" doc:"Whether the class is known to be in the image."`
	Gold       *bool   `parquet:"gold" study:"only" null:"the source is not a study" from:"the plan" doc:"Whether the image checks annotators."`

	GivenPages  *int32 `parquet:"given_pages" study:"only" range:"≥ 1" null:"the annotator was given a whole HIT, or the source is not a study" from:"the plan" doc:"Pages that the annotator was given: of the rest of a HIT that another annotator had begun, or of a HIT that the plan made smaller."`
	WholePages  *int32 `parquet:"whole_pages" study:"only" range:"≥ 2" null:"as given_pages" from:"study.toml" doc:"Pages of a whole HIT of the study."`
	GivenImages *int32 `parquet:"given_images" study:"only" range:"≥ 1" null:"as given_pages, for images" from:"the plan" doc:"Images that the annotator was given."`
	WholeImages *int32 `parquet:"whole_images" study:"only" range:"≥ 2" null:"as given_images" from:"study.toml" doc:"Images of a whole HIT of the study."`
}

// Place is where an image is in the document.
type Place struct {
	T *int64   `parquet:"t" unit:"ms since page_started" range:"≥ 0" null:"never in a study" from:"layouts of the recording" doc:"Since when the image was there."`
	X *float64 `parquet:"x" unit:"CSS px" null:"never in a study" from:"layouts of the recording" doc:"Left edge in the document."`
	Y *float64 `parquet:"y" unit:"CSS px" null:"never in a study" from:"layouts of the recording" doc:"Top edge in the document."`
	W *float64 `parquet:"w" unit:"CSS px" range:"≥ 0" null:"never in a study" from:"layouts of the recording" doc:"Width."`
	H *float64 `parquet:"h" unit:"CSS px" range:"≥ 0" null:"never in a study" from:"layouts of the recording" doc:"Height."`
}

// ImageNetImage is one image that occurs in the input.
type ImageNetImage struct {
	ImageID string  `parquet:"image_id" range:"such as n01440764_105" from:"as in annotations" doc:"The image. Rows are sorted by it."`
	Class   *string `parquet:"class" range:"WordNet id" null:"unknown" from:"as in annotations" doc:"The class of the image."`
	Width   *int32  `parquet:"width" unit:"px" range:"> 0" null:"no positive size is known" from:"size, else the first metadata with a positive original size (R10)" doc:"Width that boxes are scaled by."`
	Height  *int32  `parquet:"height" unit:"px" range:"> 0" null:"no positive size is known" from:"as width" doc:"Height that boxes are scaled by."`
	Shown   *int32  `parquet:"shown" range:"≥ 0" null:"known from --boxes only" from:"computed" doc:"Number of rows in annotations. Null: the image does not occur in the byproducts, so it is not in the universe of I1."`
	Boxes   []Box   `parquet:"boxes,list" from:"object, else the file given by --boxes" doc:"Ground-truth boxes; boxes without area are dropped and counted (R10). They are not usable without width and height."`
}
