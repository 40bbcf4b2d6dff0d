package run

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"abtool/internal/stat"
)

// A Line is a line of log.jsonl.
type Line struct {
	Event string      `json:"event"` // step or epoch
	Step  int         `json:"step"`  // updates so far
	Epoch int         `json:"epoch"` // from 1
	LR    float64     `json:"lr"`
	Loss  stat.Number `json:"loss"`       // of training, mean since the last line
	Class stat.Number `json:"class_loss"` // part of the loss
	Point stat.Number `json:"point_loss"` // part of the loss, mean over images with a point
	Norm  stat.Number `json:"grad_norm"`  // mean norm of the gradient before clipping
	Val   *Metrics    `json:"val,omitempty"`
	Best  bool        `json:"best,omitempty"` // whether this is the best epoch so far
}

// A Time is a line of times.jsonl: where the time of an epoch went. An epoch in which the run was stopped and
// continued has several lines. log.jsonl has no times, so that the same run writes the same log.
type Time struct {
	Epoch    int     `json:"epoch"` // from 1
	Steps    int     `json:"steps"`
	Images   int     `json:"images"`        // of the steps
	Seconds  float64 `json:"seconds"`       // of training
	Waited   float64 `json:"waited"`        // share of the seconds in which the engine waited for images
	Loader   float64 `json:"loader"`        // images per second that one processor decodes
	Validate float64 `json:"validate_s"`    // seconds of validation
	Save     float64 `json:"checkpoints_s"` // seconds of writing checkpoints
}

// ReadLog reads the log of a run. It ignores a last line that was cut off.
func ReadLog(dir string) ([]Line, error) { return readLines[Line](filepath.Join(dir, logName)) }

// ReadTimes reads the times of a run. It ignores a last line that was cut off.
func ReadTimes(dir string) ([]Time, error) { return readLines[Time](filepath.Join(dir, timesName)) }

func readLines[T any](path string) (lines []T, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var l T
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			break
		}
		lines = append(lines, l)
	}
	return lines, s.Err()
}

// A logFile writes log.jsonl, times.jsonl and the events for TensorBoard.
type logFile struct {
	f, times *os.File
	events   *eventFile
}

// openLog creates the logs of a run. When a run is resumed it keeps the lines up to step upTo, because the
// steps after the checkpoint are done again, and the times up to the current epoch.
func openLog(dir string, upTo, epoch int) (*logFile, error) {
	lines, _ := ReadLog(dir) // a new run has no lines yet
	times, _ := ReadTimes(dir)
	l := &logFile{}
	var err error
	if l.f, err = os.Create(filepath.Join(dir, logName)); err != nil {
		return nil, err
	}
	if l.times, err = os.Create(filepath.Join(dir, timesName)); err == nil {
		l.events, err = openEvents(filepath.Join(dir, eventsName))
	}
	for _, line := range lines {
		if err == nil && line.Step <= upTo {
			err = l.write(line)
		}
	}
	for _, time := range times {
		if err == nil && time.Epoch <= epoch {
			err = l.time(time)
		}
	}
	if err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// writeLine writes a value as a line of JSON.
func writeLine(f *os.File, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if _, err := f.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("writing the log: %w", err)
	}
	return nil
}

func (l *logFile) time(t Time) error { return writeLine(l.times, t) }

func (l *logFile) write(line Line) error {
	if err := writeLine(l.f, line); err != nil {
		return err
	}
	values := []scalar{{"train/loss", float64(line.Loss)}, {"train/class_loss", float64(line.Class)}, {"train/point_loss", float64(line.Point)}, {"train/grad_norm", float64(line.Norm)}, {"lr", line.LR}}
	if v := line.Val; v != nil {
		values = append(values, scalar{"val/loss", float64(v.Loss.Value)}, scalar{"val/class_loss", float64(v.ClassLoss.Value)}, scalar{"val/point_loss", float64(v.PointLoss.Value)})
		for _, m := range []struct {
			tag string
			m   *Measure
		}{{"val/top1", v.Top1}, {"val/top5", v.Top5}, {"val/map", v.MAP}, {"val/localised", v.Localised}, {"val/distance", v.Distance}} {
			if m.m != nil {
				values = append(values, scalar{m.tag, float64(m.m.Value)})
			}
		}
	}
	return l.events.scalars(line.Step, values)
}

func (l *logFile) close() {
	l.f.Close()
	l.times.Close()
	if l.events != nil {
		l.events.close()
	}
}
