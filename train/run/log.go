package run

import (
	"bufio"
	"bytes"
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

// ReadLog reads the log of a run. It ignores a last line that was cut off.
func ReadLog(dir string) (lines []Line, err error) {
	f, err := os.Open(filepath.Join(dir, logName))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var l Line
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			break
		}
		lines = append(lines, l)
	}
	return lines, s.Err()
}

// A logFile writes log.jsonl and the events for TensorBoard.
type logFile struct {
	f      *os.File
	events *eventFile
}

// openLog creates the logs of a run. When a run is resumed it keeps the lines up to step upTo, because the
// steps after the checkpoint are done again.
func openLog(dir string, upTo int) (*logFile, error) {
	var keep []Line
	if old, err := ReadLog(dir); err == nil {
		for _, l := range old {
			if l.Step <= upTo {
				keep = append(keep, l)
			}
		}
	}
	f, err := os.Create(filepath.Join(dir, logName))
	if err != nil {
		return nil, err
	}
	events, err := openEvents(filepath.Join(dir, eventsName))
	if err != nil {
		f.Close()
		return nil, err
	}
	l := &logFile{f, events}
	for _, line := range keep {
		if err := l.write(line); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func (l *logFile) write(line Line) error {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(line); err != nil {
		return err
	}
	if _, err := l.f.Write(b.Bytes()); err != nil {
		return fmt.Errorf("writing the log: %w", err)
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

func (l *logFile) close() { l.f.Close(); l.events.close() }
