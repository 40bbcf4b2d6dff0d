// Package front says how a server reaches other machines: with a certificate, or through a proxy that has one.
package front

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"abtool/internal/usage"
)

// Options say how a server reaches other machines.
type Options struct {
	Public    bool   // other machines may reach it: with TLS, or through a proxy that has it
	Cert, Key string // files of a certificate; "" without
	Domain    string // name of the server, for which Let's Encrypt gives certificates; "" without
	ACME      string // directory of another authority than Let's Encrypt; "" for Let's Encrypt
}

// A Place has what options do not say.
type Place struct {
	Cache   string // folder that keeps certificates of Let's Encrypt
	Proxied bool   // whether a proxy that has TLS is known
	Proxy   string // how one is named, for an error
	Log     *slog.Logger
}

// A Front is how people reach a server.
type Front struct {
	Config  *tls.Config // nil: without TLS
	Name    string      // of the server, if a certificate has one
	leaf    *x509.Certificate
	proxied bool // a proxy has TLS
}

// Open checks the options, and reads or prepares the certificate.
func Open(o Options, at Place) (f Front, err error) {
	switch {
	case (o.Cert == "") != (o.Key == ""):
		return f, usage.Errorf("--tls-cert and --tls-key belong together: the files with the chain of certificates and with the key")
	case o.Cert != "" && o.Domain != "":
		return f, usage.Errorf("give either --tls-cert and --tls-key, or --domain, which gets a certificate from Let's Encrypt")
	case o.Domain != "" && !o.Public:
		return f, usage.Errorf("--domain needs --public: Let's Encrypt asks the server from outside before it gives a certificate")
	case o.ACME != "" && o.Domain == "":
		return f, usage.Errorf("--acme needs --domain: the name for which certificates are asked")
	case o.Domain != "" && (net.ParseIP(o.Domain) != nil || !strings.Contains(o.Domain, ".") || strings.ContainsAny(o.Domain, ":/ ")):
		return f, usage.Errorf("--domain %s: give the name of this server, such as study.example.org", o.Domain)
	case o.Cert != "":
		c := &certificate{cert: o.Cert, key: o.Key, log: at.Log}
		if err := c.load(); err != nil {
			return f, err
		}
		f.Name, f.leaf = nameOf(c.now.Leaf), c.now.Leaf
		f.Config = &tls.Config{GetCertificate: c.get, NextProtos: []string{"h2", "http/1.1"}}
	case o.Domain != "":
		m := &autocert.Manager{Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(o.Domain),
			Cache: autocert.DirCache(at.Cache)}
		if o.ACME != "" {
			m.Client = &acme.Client{DirectoryURL: o.ACME}
		}
		f.Name, f.Config = o.Domain, m.TLSConfig()
	case o.Public && !at.Proxied:
		return f, usage.Errorf("--public needs TLS: --domain NAME, which gets a certificate from Let's Encrypt; or --tls-cert and "+
			"--tls-key; or a proxy with TLS that %s names", at.Proxy)
	case o.Public:
		f.proxied = true
	}
	return f, nil
}

// nameOf returns the first name of a certificate that is not a pattern.
func nameOf(leaf *x509.Certificate) string {
	for _, name := range leaf.DNSNames {
		if !strings.HasPrefix(name, "*") {
			return name
		}
	}
	return ""
}

// Names reports whether the certificate is for a host.
func (f Front) Names(host string) bool {
	if f.leaf != nil {
		return f.leaf.VerifyHostname(host) == nil
	}
	return f.Name != "" && strings.EqualFold(host, f.Name)
}

// Address returns the address of a listener.
func (f Front) Address(l net.Listener) string {
	scheme, host := "http://", l.Addr().String()
	if f.Config != nil {
		scheme = "https://"
		if _, port, err := net.SplitHostPort(host); err == nil && f.Name != "" {
			if host = f.Name; port != "443" {
				host = net.JoinHostPort(host, port)
			}
		}
	}
	return scheme + host
}

// Handler wraps the handler of people. With TLS, browsers are told to use nothing else. Without it, only requests
// of a trusted proxy that has TLS are answered; silent refuses those of a proxy that does not say so, direct all others.
func (f Front) Handler(next http.Handler, trusted func(netip.Addr) bool, silent, direct http.HandlerFunc) http.Handler {
	switch {
	case f.Config != nil:
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
			next.ServeHTTP(w, r)
		})
	case f.proxied:
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			peer, err := netip.ParseAddrPort(r.RemoteAddr)
			proto := r.Header.Get("X-Forwarded-Proto")
			known := err == nil && trusted(peer.Addr())
			switch {
			case known && strings.EqualFold(proto, "https"):
				next.ServeHTTP(w, r)
			case known && proto == "":
				silent(w, r)
			default:
				direct(w, r)
			}
		})
	}
	return next
}

// Secured sets the headers that keep a page to itself.
func Secured(next http.Handler, policy string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), browsing-topics=()")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Embedder-Policy", "require-corp") // with the one before, the clock of the browser is finer
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// certificate is a certificate in files, which are read again when they change.
type certificate struct {
	cert, key string
	log       *slog.Logger
	mu        sync.Mutex
	now       *tls.Certificate
	looked    time.Time // when the files were looked at
	changed   time.Time // of the files that were read last
}

// every is how often the files of a certificate are looked at.
const every = 10 * time.Second

// load reads the files.
func (c *certificate) load() error {
	changed, err := c.modified()
	if err != nil {
		return fmt.Errorf("the certificate: %w", err)
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return fmt.Errorf("the certificate in %s and %s: %w", c.cert, c.key, err)
	}
	if now := time.Now(); now.After(pair.Leaf.NotAfter) {
		return fmt.Errorf("the certificate in %s has expired on %s", c.cert, pair.Leaf.NotAfter.Format(time.DateOnly))
	}
	c.now, c.changed, c.looked = &pair, changed, time.Now()
	return nil
}

// modified returns when the later of the files was changed.
func (c *certificate) modified() (time.Time, error) {
	a, err := os.Stat(c.cert)
	b, err2 := os.Stat(c.key)
	if err := errors.Join(err, err2); err != nil {
		return time.Time{}, err
	}
	if b.ModTime().After(a.ModTime()) {
		return b.ModTime(), nil
	}
	return a.ModTime(), nil
}

// get returns the certificate. If new files cannot be used, such as those that are written just now, the one of before
// stays.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) >= every {
		c.looked = time.Now()
		if changed, err := c.modified(); err != nil || !changed.Equal(c.changed) {
			if err := c.load(); err != nil && c.log != nil {
				c.log.Error("reading the new certificate; the one of before is used", "error", err)
			}
		}
	}
	return c.now, nil
}
