package scene

// The rows below have the columns of a store that scenes need. Their JSON is DuckDB's of a row.

// A Point is a sample or a click.
type Point struct {
	T *int64   `json:"t"`
	X *float64 `json:"x"`
	Y *float64 `json:"y"`
}

// A Hover is the pointer that enters or leaves an image.
type Hover struct {
	T      *int64  `json:"t"`
	Action *string `json:"action"`
}

// A ShowingRow is a row of the annotations of ImageNet-AB.
type ShowingRow struct {
	Seq           int64    `json:"seq"`
	ImageID       string   `json:"image_id"`
	Class         *string  `json:"class"`
	WorkerID      *string  `json:"worker_id"`
	AssignmentID  *string  `json:"assignment_id"`
	HITSubmitTime *int64   `json:"hit_submit_time"`
	PageIdx       *int32   `json:"page_idx"`
	ImageIdx      *int32   `json:"image_idx"`
	PageUUID      *string  `json:"page_uuid"`
	PositionX     *float64 `json:"position_x"`
	PositionY     *float64 `json:"position_y"`
	ImageWidth    *float64 `json:"image_width"`
	ImageHeight   *float64 `json:"image_height"`
	OrigWidth     *int32   `json:"original_width"`
	OrigHeight    *int32   `json:"original_height"`
	Selected      *bool    `json:"selected"`
	T0            *int64   `json:"t0"`
	Clicks        []Point  `json:"clicks"`
	Mouse         []Point  `json:"mouse"`
	Hovers        []Hover  `json:"hovers"`
	Deselects     []Point  `json:"deselects"` // of a study
	Known         *bool    `json:"known"`
	Gold          *bool    `json:"gold"`
}

// A BoxRow is an image of ImageNet-AB with its ground truth.
type BoxRow struct {
	ImageID string `json:"image_id"`
	Width   *int32 `json:"width"`
	Height  *int32 `json:"height"`
	Boxes   []struct {
		XMin float64 `json:"xmin"`
		YMin float64 `json:"ymin"`
		XMax float64 `json:"xmax"`
		YMax float64 `json:"ymax"`
	} `json:"boxes"`
}

// A TagRow is a row of the annotations of COCO-AB.
type TagRow struct {
	Seq          int64       `json:"seq"`
	ImageID      int64       `json:"image_id"`
	WorkerID     *string     `json:"worker_id"`
	HITID        *string     `json:"hit_id"`
	AssignmentID *string     `json:"assignment_id"`
	PageIdx      *int32      `json:"page_idx"`
	PageStarted  *int64      `json:"page_started"`
	ImageWidth   *float64    `json:"image_width"`
	ImageHeight  *float64    `json:"image_height"`
	OrigWidth    *int32      `json:"original_width"`
	OrigHeight   *int32      `json:"original_height"`
	TimeSpent    *int64      `json:"time_spent"`
	Actions      []TagAction `json:"actions"`
	Browsing     []TagStep   `json:"browsing"`
	Mouse        []Point     `json:"mouse"`
	Drags        []struct {
		Icon    *string  `json:"icon"`
		Outcome *string  `json:"outcome"`
		T       *int64   `json:"t"`
		TEnd    *int64   `json:"t_end"`
		FromX   *float64 `json:"from_x"`
		FromY   *float64 `json:"from_y"`
		ToX     *float64 `json:"to_x"`
		ToY     *float64 `json:"to_y"`
	} `json:"drags"` // of a study
}

// A TagAction is a step with an icon.
type TagAction struct {
	Type  *string  `json:"type"`
	Icon  *string  `json:"icon"`
	FromX *float64 `json:"from_x"`
	FromY *float64 `json:"from_y"`
	ToX   *float64 `json:"to_x"`
	ToY   *float64 `json:"to_y"`
	T     *int64   `json:"t"`
}

// A TagStep opens a superclass.
type TagStep struct {
	Index    *int32  `json:"category_idx"`
	Name     *string `json:"category"`
	Keyboard *bool   `json:"keyboard"`
	T        *int64  `json:"t"`
}

// A TruthRow is an image of COCO's ground truth.
type TruthRow struct {
	ImageID   int64  `json:"image_id"`
	Width     *int32 `json:"width"`
	Height    *int32 `json:"height"`
	Instances []struct {
		Category  *string   `json:"category"`
		X         *float64  `json:"x"`
		Y         *float64  `json:"y"`
		W         *float64  `json:"w"`
		H         *float64  `json:"h"`
		Crowd     bool      `json:"crowd"`
		Polygon   []float64 `json:"polygon"`
		Rings     []int32   `json:"rings"`
		RLEHeight *int32    `json:"rle_height"`
		RLEWidth  *int32    `json:"rle_width"`
		RLECounts []int64   `json:"rle_counts"`
	} `json:"instances"`
}
