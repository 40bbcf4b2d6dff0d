package targetfile

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

func readCSV(f io.Reader) (list []Target, err error) {
	in := bufio.NewReader(f)
	if mark, _ := in.Peek(3); string(mark) == "\xef\xbb\xbf" {
		in.Discard(len(mark))
	}
	r := csv.NewReader(in)
	head, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("it is empty")
	}
	if err != nil {
		return nil, err
	}
	if err := separated(head); err != nil {
		return nil, err
	}
	places := map[string]int{}
	for i, name := range head {
		places[strings.TrimSpace(name)] = i
	}
	at, err := present(func(name string) (int, bool) { i, ok := places[name]; return i, ok })
	if err != nil {
		return nil, err
	}
	cols, width := columns(), len(head)
	r.ReuseRecord = true
	for {
		row, err := r.Read()
		switch {
		case errors.Is(err, io.EOF):
			return list, nil
		case errors.Is(err, csv.ErrFieldCount):
			line, _ := r.FieldPos(0)
			return nil, fmt.Errorf("line %d has %d values and the first line %d: are there decimal commas, or commas in texts without quotes?",
				line, len(row), width)
		case err != nil:
			return nil, err
		}
		t := empty()
		for i, place := range at {
			if place < 0 {
				continue
			}
			if err := put(&cols[i], &t, textCell(row[place]), len(list)); err != nil {
				return nil, err
			}
		}
		list = append(list, t)
	}
}

// separated returns an error if the names of the columns are not separated by commas, or lines do not end in
// line feeds.
func separated(head []string) error {
	line := strings.Join(head, ",")
	for _, s := range []struct{ mark, name string }{{";", "semicolons"}, {"\t", "tabs"}, {"|", "vertical bars"}} {
		if strings.Contains(line, "image_id"+s.mark) || strings.Contains(line, s.mark+"image_id") || strings.EqualFold(line, "sep="+s.mark) {
			return fmt.Errorf("its columns are separated by %s: save it with commas between columns and decimal points in numbers, as abtool targets writes it", s.name)
		}
	}
	if strings.Contains(line, "\r") {
		return errors.New("its lines end in a carriage return without a line feed: save it with line feeds")
	}
	return nil
}
