package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"abtool/collect"
	"abtool/collect/quality"
	"abtool/collect/storage"
	"abtool/internal/front"
	"abtool/internal/usage"
)

// RunOptions say how a study is served.
type RunOptions struct {
	storage.Home
	TLSOptions
	Address  string       // "" as study.toml says
	Listener net.Listener // of Listen, instead of Address; nil: Run listens itself
	Admin    string       // "" as study.toml says
	Page     fs.FS
	Log      *slog.Logger // nil: none
	Ready    func(Serving)
	Draw     func(n int) int // a number below n, to draw arms with; nil: at random
	CompatUI string          // folder with a built front end of the releases; "": none
	Truth    *quality.Truth  // of a tag study; nil: not known
}

// Serving says where a study is served.
type Serving struct {
	Study *collect.Study
	Page  string // address of the study's page
	Admin string // address of the administrator's pages, with the token
	Kept  int    // HITs that are no longer in the plan but were issued
	// Consent says that the text of the consent is not the one of the last start, or is "".
	Consent string
	// Doubts are what is wrong with the study, which is served all the same.
	Doubts []string
}

// Run serves the study of a folder until ctx is done. Then it finishes the requests that it has accepted.
func Run(ctx context.Context, o RunOptions) (err error) {
	study, err := collect.Open(o.Dir)
	if err != nil {
		return err
	}
	frontEnd, err := openFrontEnd(study, o.CompatUI)
	if err != nil {
		return err
	}
	way, err := front.Open(o.TLSOptions, place(study, o.Log))
	if err != nil {
		return err
	}
	switch {
	case o.Address != "":
	case o.Domain != "": // where Let's Encrypt asks
		o.Address = ":443"
	default:
		o.Address = study.Serve.Address
	}
	if o.Admin == "" {
		o.Admin = study.Serve.Admin
	}
	shared, err := o.Shared()
	if err != nil {
		return err
	}
	if !shared {
		lock, err := storage.Lock(o.Dir)
		if err != nil {
			return err
		}
		defer lock.Close()
	}
	listener := o.Listener
	if listener == nil {
		if listener, err = listen(ctx, o.Address, "--addr", o.Public); err != nil {
			return err
		}
	}
	defer listener.Close()
	if way.Config != nil {
		listener = tls.NewListener(listener, way.Config)
	}
	adminListener, err := listen(ctx, o.Admin, "--admin-addr", false)
	if err != nil {
		return err
	}
	defer adminListener.Close()
	db, err := o.Open(storage.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	identities, err := o.OpenIdentities()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, identities.Close()) }()
	s, kept, err := New(ctx, Options{Study: study, DB: db, Identities: identities, Page: o.Page, Log: o.Log, CompatUI: frontEnd, Draw: o.Draw, Truth: o.Truth})
	if err != nil {
		return err
	}
	defer s.Close()
	s.Start()
	if o.Ready != nil {
		o.Ready(Serving{study, way.Address(listener) + "/s/" + study.Study.ID,
			"http://" + adminListener.Addr().String() + "/?token=" + url.QueryEscape(s.keys.Admin), kept, s.consentNote, s.doubts})
	}
	return serve(ctx, map[net.Listener]http.Handler{listener: s.behind(way), adminListener: s.Admin()})
}

// TLSOptions say how a study reaches other machines.
type TLSOptions = front.Options

func place(study *collect.Study, log *slog.Logger) front.Place {
	return front.Place{Cache: filepath.Join(study.Dir, "secrets", "tls"), Proxied: len(study.Serve.Proxies) > 0,
		Proxy: "trusted_proxies in study.toml", Log: log}
}

// behind returns the handler of annotators, as they reach it.
func (s *Server) behind(way front.Front) http.Handler {
	return way.Handler(s.Handler(), s.trusted, func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusForbidden, "no_tls", "the proxy does not say whether this request came to it with https: "+
			"it has to set the header X-Forwarded-Proto")
	}, func(w http.ResponseWriter, r *http.Request) {
		s.nowhere(w, r, http.StatusForbidden, "no_tls", "this server is reached through its proxy only, with https")
	})
}

// openFrontEnd opens the folder of a built front end, or returns nil if there is none.
func openFrontEnd(study *collect.Study, dir string) (fs.FS, error) {
	switch {
	case dir == "":
		return nil, nil
	case !study.Compat.Enabled:
		return nil, usage.Errorf("--compat-ui %s: the study does not answer the original front ends: set enabled = true under [compat] in study.toml", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	if _, err := root.Stat("index.html"); err != nil {
		return nil, fmt.Errorf("%s has no index.html: build the front end with yarn build, and give its folder build", dir)
	}
	return root.FS(), nil
}

// serve serves handlers until ctx is done or one of them fails.
func serve(ctx context.Context, handlers map[net.Listener]http.Handler) error {
	failed := make(chan error, len(handlers))
	var servers []*http.Server
	for l, h := range handlers {
		server := HTTP(h)
		servers = append(servers, server)
		go func() { failed <- server.Serve(l) }()
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	finish, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for _, server := range servers {
		if e := server.Shutdown(finish); e != nil {
			err = errors.Join(err, e, server.Close())
		}
	}
	return err
}

// Listen listens at the address of --addr, which only this machine reaches.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	return listen(ctx, address, "--addr", false)
}

// listen listens at an address of this machine, which other machines reach if it is public.
func listen(ctx context.Context, address, flag string, public bool) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, usage.Errorf("%s %s: give an address such as 127.0.0.1:8080", flag, address)
	}
	if ip := net.ParseIP(host); !public && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		if flag == "--admin-addr" {
			return nil, usage.Errorf("--admin-addr %s: the administrator's pages are served to this machine only, such as at "+
				"127.0.0.1:8081; reach them from another one with ssh -L 8081:127.0.0.1:8081 SERVER", address)
		}
		return nil, usage.Errorf("%s %s: a study is served to this machine only, such as at 127.0.0.1:8080; --public, "+
			"which needs TLS, serves it to others", flag, address)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%w: another server may run there; %s 127.0.0.1:0 takes any port that is free", err, flag)
	}
	return l, nil
}
