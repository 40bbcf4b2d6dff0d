package explore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"abtool/internal/usage"
)

// Options say what is shown, and how. The zero value of each field except Store is usable.
type Options struct {
	Store   string
	Images  []string      // places of images, as for abtool train
	Address string        // to listen at; "" is 127.0.0.1 and a free port
	Title   string        // "" is the name of the store
	Memory  string        // limit of DuckDB's memory; "" is query.DefaultMemory
	Threads int           // number of threads; 0 is one per processor
	Timeout time.Duration // of a query; 0 is DefaultTimeout
	Tool    string        // version of abtool
	Hide    bool          // whether pseudonyms replace the ids of workers and HITs

	Notes         string // file of notes; "" is the one next to the store
	ReadOnlyNotes bool   // whether nobody can add to it

	Ready func(address string) // called with the address to open, and again with each new one
}

// DefaultTimeout is the time after which a query is stopped.
const DefaultTimeout = 30 * time.Second

// Run shows a store until ctx is done.
func Run(ctx context.Context, o Options) (err error) {
	listener, err := listen(ctx, o.Address)
	if err != nil {
		return err
	}
	defer listener.Close()
	s, err := New(ctx, o, listener.Addr().String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	server := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		BaseContext: func(net.Listener) context.Context { return ctx }}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	s.announce()
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	return errors.Join(err, server.Close())
}

// listen listens at an address of this machine.
func listen(ctx context.Context, address string) (net.Listener, error) {
	if address == "" {
		address = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, usage.Errorf("--addr %s: give an address such as 127.0.0.1:8080", address)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, usage.Errorf("--addr %s: a store is shown on this machine only, such as at 127.0.0.1:8080; from another "+
			"machine, use ssh -L 8080:127.0.0.1:8080", address)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%w: another program may listen there; --addr 127.0.0.1:0 takes any port that is free", err)
	}
	return l, nil
}
