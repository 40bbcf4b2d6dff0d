//go:build xla

package xla

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/distributed"
	"github.com/gomlx/compute/gobackend"
	pjrt "github.com/gomlx/go-xla/compute/xla"
	pjrtapi "github.com/gomlx/go-xla/pjrt"
)

// PureGo, given as the path of a plugin, chooses GoMLX's backend in Go: the same graphs on the CPU without
// a plugin. It is slow, and meant for tests.
const PureGo = "go"

var (
	backendsMu sync.Mutex
	backends   = map[string]compute.Backend{} // by options; a process can have only one client of a device
)

// Check returns an error if the options are invalid.
func (o Options) Check() error {
	switch o.Precision {
	case "", TF32, Float32, BF16:
	default:
		return fmt.Errorf("precision %q: it must be %s, %s or %s", o.Precision, TF32, Float32, BF16)
	}
	if o.Devices < 0 {
		return fmt.Errorf("%d devices: the number must not be negative", o.Devices)
	}
	return nil
}

// open returns the devices that the options choose.
func open(o Options) (*device, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	if o.Plugin == "" {
		p, err := Find(o.Python)
		if err != nil {
			return nil, err
		}
		o.Plugin = p.Path
	}
	b, err := backend(o)
	if err != nil {
		return nil, err
	}
	d := &device{backend: b, n: o.Devices, about: b.Description()}
	if d.n == 0 {
		d.n = b.NumDevices()
		if onCPU(o.Plugin) {
			d.n = 1 // one device, which uses all processors
		}
	}
	if d.n < 1 || d.n > b.NumDevices() {
		return nil, fmt.Errorf("%d devices: there are %d", o.Devices, b.NumDevices())
	}
	if d.n > 1 {
		if d.mesh, err = distributed.NewDeviceMesh([]int{d.n}, []string{meshAxis}); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// backend opens a plugin once per process and precision, because the client of a plugin stays until the
// process ends.
func backend(o Options) (compute.Backend, error) {
	backendsMu.Lock()
	defer backendsMu.Unlock()
	exact := o.Precision == Float32
	key := fmt.Sprint(o.Plugin, exact)
	if onCPU(o.Plugin) {
		o.Devices = max(o.Devices, 1)
		key = fmt.Sprint(o.Plugin, o.Devices) // a client for CPUs has as many devices as requested when it is created
	}
	if b, ok := backends[key]; ok {
		return b, nil
	}
	b, err := openBackend(o.Plugin, o.Precision, o.Devices)
	if err != nil {
		return nil, err
	}
	backends[key] = b
	return b, nil
}

func openBackend(plugin string, p Precision, devices int) (b compute.Backend, err error) {
	if plugin == PureGo {
		return gobackend.New("")
	}
	defer recovered(&err)
	if plugin, err = filepath.Abs(plugin); err != nil {
		return nil, err
	}
	if !exists(plugin) {
		return nil, fmt.Errorf("there is no PJRT plugin %s", plugin)
	}
	if err := environment(plugin, p); err != nil {
		return nil, err
	}
	config, options := plugin, pjrtapi.NamedValuesMap{}
	switch {
	case onCPU(plugin):
		options["cpu_device_count"] = int64(devices)
	case p == Float32:
		config += ",tf32=false"
	}
	if err = preload(plugin); err == nil {
		b, err = pjrt.NewWithOptions(config, options)
	}
	if err != nil {
		hint := ""
		if dirs := libraryPath(plugin); dirs != "" && !strings.Contains(os.Getenv("LD_LIBRARY_PATH"), "nvidia") {
			hint = "\nIf a library is missing: export LD_LIBRARY_PATH=" + dirs
		}
		return nil, fmt.Errorf("the PJRT plugin %s does not work here: %w%s", plugin, err, hint)
	}
	return b, nil
}

// A Report describes the devices that the engine can use.
type Report struct {
	Plugin  Plugin   `json:"plugin"`
	About   string   `json:"about"` // the plugin's version
	Devices []string `json:"devices"`
	GPUs    []string `json:"gpus,omitempty"` // name, memory and driver, from nvidia-smi
}

// Look opens the plugin that o chooses and describes it.
func Look(o Options) (Report, error) {
	r := Report{Plugin: Plugin{o.Plugin, "as given"}}
	if o.Plugin == "" {
		var err error
		if r.Plugin, err = Find(o.Python); err != nil {
			return r, err
		}
	}
	o.Plugin = r.Plugin.Path
	d, err := open(o)
	if err != nil {
		return r, err
	}
	r.About = d.about
	for k := range d.backend.NumDevices() {
		r.Devices = append(r.Devices, d.backend.DeviceDescription(compute.DeviceNum(k)))
	}
	if out, err := exec.Command("nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader").Output(); err == nil && o.Plugin != PureGo {
		r.GPUs = strings.Split(strings.TrimSpace(string(out)), "\n")
	}
	return r, nil
}

// Memory implements engine.Memory. It asks nvidia-smi.
func (e *Engine) Memory() (int64, error) {
	out, err := exec.Command("nvidia-smi", "--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits").Output()
	if err != nil {
		return 0, fmt.Errorf("asking nvidia-smi for the memory in use: %w", err)
	}
	return memoryOf(os.Getpid(), string(out))
}

// memoryOf returns the bytes of a process from lines of process id and MiB.
func memoryOf(process int, lines string) (int64, error) {
	var sum int64
	for line := range strings.Lines(lines) {
		var pid int
		var mib int64
		if n, _ := fmt.Sscanf(line, "%d, %d", &pid, &mib); n == 2 && pid == process {
			sum += mib << 20
		}
	}
	if sum == 0 {
		return 0, fmt.Errorf("nvidia-smi does not list process %d", process)
	}
	return sum, nil
}
