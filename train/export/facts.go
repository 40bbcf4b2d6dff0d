package export

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// Facts are what a safetensors file says of its weights, in its metadata, so that they can be used without the run.
type Facts struct {
	Arch    string   // as arch.New takes it; "": the file does not say
	Size    int      // height and width of the network's input, pixels; 0: the file does not say
	View    string   // as eval/view.Parse takes it; "": the file does not say
	Classes []string // in the order of the outputs; nil: the file does not say
}

// Keys of the metadata.
const (
	keyArch    = "arch"
	keySize    = "size"
	keyView    = "view"
	keyClasses = "classes" // an array in JSON
)

// FactsOf reads the metadata of a file. Other programs write other keys, which it ignores.
func FactsOf(metadata map[string]string) (f Facts, err error) {
	f.Arch, f.View = metadata[keyArch], metadata[keyView]
	if text := metadata[keySize]; text != "" {
		if f.Size, err = strconv.Atoi(text); err != nil || f.Size < 1 {
			return f, fmt.Errorf("its metadata has %q as the size, want a number of pixels", text)
		}
	}
	if text := metadata[keyClasses]; text != "" {
		if err := json.Unmarshal([]byte(text), &f.Classes); err != nil {
			return f, fmt.Errorf("its metadata has no list of classes: %w", err)
		}
	}
	return f, nil
}

// write adds the facts to the metadata of a file.
func (f *Facts) write(metadata map[string]string) {
	metadata[keyArch], metadata[keySize] = f.Arch, strconv.Itoa(f.Size)
	if f.View != "" {
		metadata[keyView] = f.View
	}
	if len(f.Classes) > 0 {
		text, err := json.Marshal(f.Classes)
		if err != nil {
			panic(err) // cannot happen: strings
		}
		metadata[keyClasses] = string(text)
	}
}
