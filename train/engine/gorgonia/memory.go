package gorgonia

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// ErrMemory is wrapped by the error for a batch whose images need more memory than the machine has free: the system would end the
// program in the middle of it.
var ErrMemory = errors.New("not enough memory")

// room reports a batch of more images than there is memory for. The memory of the largest batch so far is kept, and not asked for again.
func (n *network) room(images int) error {
	if images <= n.largest {
		return nil
	}
	need := int64(images-n.largest) * n.perImage
	if free := freeMemory(); free > 0 && need > free {
		return fmt.Errorf("%w: a batch of %d images takes about %.1f GB with %s at %d pixels, and %.1f GB are free: take smaller batches, and as many more of them a step (recipe: batch, accumulate)",
			ErrMemory, images, float64(int64(images)*n.perImage)/1e9, n.engine.cfg.Arch.Name, n.engine.cfg.Arch.Size, float64(free)/1e9)
	}
	n.largest = images
	return nil
}

// freeMemory is how many bytes the program can still take before others are ended or swapped out; 0 where the system does not tell.
// It is a variable for tests.
var freeMemory = func() int64 {
	info, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	free := field(info, "MemAvailable:") << 10
	limit, err1 := number("/sys/fs/cgroup/memory.max") // of the container; "max" is no number
	used, err2 := number("/sys/fs/cgroup/memory.current")
	if err1 == nil && err2 == nil {
		stat, _ := os.ReadFile("/sys/fs/cgroup/memory.stat")
		used -= field(stat, "inactive_file ") // of files, kept as long as nobody needs the memory
		free = min(free, max(limit-used, 1))
	}
	return free
}

// field is the number behind a name at the beginning of a line, 0 if there is none.
func field(text []byte, name string) int64 {
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		if rest, ok := strings.CutPrefix(s.Text(), name); ok {
			n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return n
		}
	}
	return 0
}

func number(file string) (int64, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64)
}
