package server

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
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"abtool/collect"
	"abtool/internal/usage"
)

// TLSOptions say how a study reaches other machines.
type TLSOptions struct {
	Public    bool   // other machines may reach it: with TLS, or through a proxy that has it
	Cert, Key string // files of a certificate; "" without
	Domain    string // name of the server, for which Let's Encrypt gives certificates; "" without
	ACME      string // directory of another authority than Let's Encrypt; "" for Let's Encrypt
}

// A front is how annotators reach a server.
type front struct {
	config  *tls.Config // nil: without TLS
	name    string      // of the server, if a certificate has one
	proxied bool        // a proxy has TLS
}

// open checks the options, and reads or prepares the certificate.
func (o *TLSOptions) open(study *collect.Study, log *slog.Logger) (f front, err error) {
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
		c := &certificate{cert: o.Cert, key: o.Key, log: log}
		if err := c.load(); err != nil {
			return f, err
		}
		f.name = nameOf(c.now.Leaf)
		f.config = &tls.Config{GetCertificate: c.get, NextProtos: []string{"h2", "http/1.1"}}
	case o.Domain != "":
		m := &autocert.Manager{Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(o.Domain),
			Cache: autocert.DirCache(filepath.Join(study.Dir, "secrets", "tls"))}
		if o.ACME != "" {
			m.Client = &acme.Client{DirectoryURL: o.ACME}
		}
		f.name, f.config = o.Domain, m.TLSConfig()
	case o.Public && len(study.Serve.Proxies) == 0:
		return f, usage.Errorf("--public needs TLS: --domain NAME, which gets a certificate from Let's Encrypt; or --tls-cert and " +
			"--tls-key; or a proxy with TLS that trusted_proxies in study.toml names")
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

// page returns the address of the study's page at a listener.
func (f front) page(l net.Listener, study string) string {
	scheme, host := "http://", l.Addr().String()
	if f.config != nil {
		scheme = "https://"
		if _, port, err := net.SplitHostPort(host); err == nil && f.name != "" {
			if host = f.name; port != "443" {
				host = net.JoinHostPort(host, port)
			}
		}
	}
	return scheme + host + "/s/" + study
}

// handler wraps the handler of annotators. With TLS, browsers are told to use nothing else. Without it, only requests
// of a trusted proxy that has TLS are answered.
func (f front) handler(s *Server, next http.Handler) http.Handler {
	switch {
	case f.config != nil:
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
			next.ServeHTTP(w, r)
		})
	case f.proxied:
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			peer, err := netip.ParseAddrPort(r.RemoteAddr)
			proto := r.Header.Get("X-Forwarded-Proto")
			trusted := err == nil && s.trusted(peer.Addr())
			switch {
			case trusted && strings.EqualFold(proto, "https"):
				next.ServeHTTP(w, r)
			case trusted && proto == "":
				refuse(w, http.StatusForbidden, "no_tls", "the proxy does not say whether this request came to it with https: "+
					"it has to set the header X-Forwarded-Proto")
			default:
				s.nowhere(w, r, http.StatusForbidden, "no_tls", "this server is reached through its proxy only, with https")
			}
		})
	}
	return next
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
