package explore

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"abtool/internal/front"
	"abtool/internal/usage"
)

// Options say what is shown, and how. The zero value of each field except Store is usable.
type Options struct {
	Store   string
	Images  []string      // places of images, as for abtool train
	Address string        // to listen at; "" is 127.0.0.1 and a free port, or if public, :443, or 127.0.0.1:8080 for a proxy
	Title   string        // "" is the name of the store
	Memory  string        // limit of DuckDB's memory; "" is query.DefaultMemory
	Threads int           // number of threads; 0 is one per processor
	Timeout time.Duration // of a query; 0 is DefaultTimeout
	Tool    string        // version of abtool
	Hide    bool          // whether pseudonyms replace the ids of workers and HITs

	Study *Study // the study that is shown, in place of a store; nil for a store
	live  *live

	Compare string  // another store, to compare with
	seed    uint64  // added to that of the statistics
	second  *second // that shows it already, since before a newer store was opened

	Notes         string // file of notes; "" is the one next to the store
	ReadOnlyNotes bool   // whether nobody can add to it

	// Other machines reach a public server, with TLS or by a proxy on this machine that has it. Everybody who has the
	// token is let in.
	front.Options
	Proxy string // name by which the proxy is reached; "" without
	Token string // "" is a random one; only of a public server

	Ready func(address string) // called with the address to open, and again with each new one
}

// DefaultTimeout is the time after which a query is stopped.
const DefaultTimeout = 30 * time.Second

// leastToken is the number of characters of a token, so that nobody guesses it.
const leastToken = 20

// way checks how the server is reached.
func (o *Options) way() (way front.Front, err error) {
	switch {
	case o.Proxy != "" && !o.Public:
		return way, usage.Errorf("--behind-proxy needs --public")
	case o.Compare != "" && o.Public:
		return way, usage.Errorf("--compare and --public: the other store has another port, which only this machine reaches")
	case o.Token != "" && !o.Public:
		return way, usage.Errorf("--token needs --public: the address of a server of this machine works once")
	case o.Token != "" && len(o.Token) < leastToken:
		return way, usage.Errorf("--token has %d characters: give at least %d, or leave it out for a random one", len(o.Token), leastToken)
	case strings.ContainsAny(o.Proxy, ":/ "):
		return way, usage.Errorf("--behind-proxy %s: give the name of the proxy, such as explore.example.org", o.Proxy)
	case o.Proxy != "" && (o.Cert != "" || o.Domain != ""):
		return way, usage.Errorf("give either --behind-proxy or a certificate")
	}
	place := front.Place{Proxied: o.Proxy != "", Proxy: "--behind-proxy"}
	if o.Domain != "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return way, fmt.Errorf("keeping the certificates of --domain: %w", err)
		}
		place.Cache = filepath.Join(cache, "abtool", "tls")
	}
	return front.Open(o.Options, place)
}

// Run shows a store until ctx is done.
func Run(ctx context.Context, o Options) (err error) {
	way, err := o.way()
	if err != nil {
		return err
	}
	listener, err := listen(ctx, o)
	if err != nil {
		return err
	}
	defer listener.Close()
	base := way.Address(listener)
	if o.Proxy != "" {
		base = "https://" + o.Proxy
	}
	var s interface {
		Handler() http.Handler
		announce()
		Close() error
	}
	if o.Study != nil {
		s, err = openLive(ctx, o, base)
	} else {
		s, err = New(ctx, o, base)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if way.Config != nil {
		listener = tls.NewListener(listener, way.Config)
	}
	refuse := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, text, http.StatusForbidden) }
	}
	handler := way.Handler(s.Handler(), netip.Addr.IsLoopback, refuse("The proxy does not say whether this request came to it with https: it has to "+
		"set the header X-Forwarded-Proto."), refuse("This server is reached through its proxy only, with https."))
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx }, ErrorLog: log.New(io.Discard, "", 0)} // what strangers send is not news
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	s.announce()
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	return errors.Join(err, server.Close())
}

// listen listens at an address of this machine, which other machines reach if the server has TLS itself.
func listen(ctx context.Context, o Options) (net.Listener, error) {
	address := o.Address
	switch {
	case address != "":
	case o.Proxy != "":
		address = "127.0.0.1:8080"
	case o.Public:
		address = ":443"
	default:
		address = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, usage.Errorf("--addr %s: give an address such as 127.0.0.1:8080", address)
	}
	ip := net.ParseIP(host)
	switch local := host == "localhost" || ip != nil && ip.IsLoopback(); {
	case local:
	case o.Proxy != "":
		return nil, usage.Errorf("--addr %s: a proxy on this machine reaches the store at an address such as 127.0.0.1:8080", address)
	case !o.Public:
		return nil, usage.Errorf("--addr %s: a store is shown on this machine only, such as at 127.0.0.1:8080; from another "+
			"machine, use ssh -L 8080:127.0.0.1:8080, or --public, which needs TLS", address)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%w: another program may listen there; --addr 127.0.0.1:0 takes any port that is free", err)
	}
	return l, nil
}
