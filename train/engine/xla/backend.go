//go:build xla

package xla

import (
	"fmt"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/distributed"
	"github.com/gomlx/compute/gobackend"
)

// PureGo in the place of a plugin's path names GoMLX's own backend: the same graphs, on a processor and without a plugin. It is slow, and for tests.
const PureGo = "go"

var (
	backendsMu sync.Mutex
	backends   = map[string]compute.Backend{} // by options; a process has one client for each device
)

// open returns the devices that Options name.
func open(o Options) (*device, error) {
	switch o.Precision {
	case "", TF32, Float32, BF16:
	default:
		return nil, fmt.Errorf("precision %q: it is %s, %s or %s", o.Precision, TF32, Float32, BF16)
	}
	b, err := backend(o)
	if err != nil {
		return nil, err
	}
	d := &device{backend: b, n: o.Devices, about: b.Description()}
	if d.n == 0 {
		d.n = b.NumDevices()
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

func backend(o Options) (compute.Backend, error) {
	backendsMu.Lock()
	defer backendsMu.Unlock()
	key := o.Plugin
	if b, ok := backends[key]; ok {
		return b, nil
	}
	b, err := gobackend.New("")
	if err != nil {
		return nil, err
	}
	backends[key] = b
	return b, nil
}
