package gorgonia

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"

	"abtool/train/engine"
)

// room returns an error that wraps engine.ErrMemory if a batch has more images than there is memory for.
// Without this check the system would kill the program in the middle of the batch. The memory of the
// largest batch so far is not counted, because the network keeps it.
func (n *network) room(images int) error {
	if images <= n.largest {
		return nil
	}
	need := int64(images-n.largest) * n.perImage
	if free := freeMemory(); free > 0 && need > free {
		return fmt.Errorf("%w: a batch of %d images takes about %.1f GB with %s at %d pixels, and %.1f GB are free",
			engine.ErrMemory, images, float64(int64(images)*n.perImage)/1e9, n.engine.cfg.Arch.Name, n.engine.cfg.Arch.Size, float64(free)/1e9)
	}
	n.largest = images
	return nil
}

// freeMemory returns how many bytes the program can still allocate before the system swaps or kills
// processes; 0 if that is unknown. It is a variable so that tests can replace it.
var freeMemory = func() int64 {
	info, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	free := field(info, "MemAvailable:") << 10
	for _, c := range containers {
		limit, err1 := number(c.limit) // the file can also say "max"
		used, err2 := number(c.used)
		stat, err3 := os.ReadFile(c.stat)
		if err1 == nil && err2 == nil && err3 == nil {
			free = min(free, inContainer(limit, used, field(stat, c.files[0])+field(stat, c.files[1])))
		}
	}
	return free
}

// containers lists where the two versions of control groups have their limits of memory.
var containers = []struct {
	limit, used, stat string
	files             [2]string // fields of stat
}{
	{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory.stat", [2]string{"inactive_file ", "active_file "}},
	{"/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes", "/sys/fs/cgroup/memory/memory.stat",
		[2]string{"total_inactive_file ", "total_active_file "}},
}

// inContainer returns the free bytes of a limit. Memory that caches files counts as free, because the
// system reclaims it when needed.
func inContainer(limit, used, files int64) int64 { return max(limit-max(used-files, 0), 1) }

// field returns the number after a name at the beginning of a line, or 0 if there is no such line.
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
