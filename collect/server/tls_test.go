package server

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/acme"

	"abtool/collect"
	"abtool/collect/storage"
	"abtool/internal/usage"
)

// writeCertificate writes a certificate of localhost and its key into a folder.
func writeCertificate(t *testing.T, dir string, serial int64, until time.Time) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "test"}, DNSNames: []string{"*.example.org", "localhost"},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: until, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	err = errors.Join(os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600),
		os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

// A study is served with TLS and HTTP/2, and browsers are told to use nothing else.
func TestTLS(t *testing.T) {
	r := newRig(t, collect.Browse, nil)
	cert, key := writeCertificate(t, t.TempDir(), 1, time.Now().Add(time.Hour))
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan Serving, 1), make(chan error, 1)
	go func() {
		done <- Run(ctx, RunOptions{Home: storage.Home{Dir: r.dir}, TLSOptions: TLSOptions{Public: true, Cert: cert, Key: key}, Address: ":0",
			Admin: "127.0.0.1:0", Page: pageFiles, Ready: func(s Serving) { ready <- s }})
	}()
	var s Serving
	select {
	case s = <-ready:
	case err := <-done:
		t.Fatal(err)
	}
	if !strings.HasPrefix(s.Page, "https://localhost:") || !strings.HasPrefix(s.Admin, "http://127.0.0.1:") {
		t.Errorf("%+v", s)
	}
	text, err := os.ReadFile(cert)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	browser := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}}
	answer, err := browser.Get(s.Page)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != 200 || answer.ProtoMajor != 2 || answer.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%s %s %v", answer.Status, answer.Proto, answer.Header)
	}
	if plain, err := http.Get("http" + strings.TrimPrefix(s.Page, "https")); err == nil {
		if plain.Body.Close(); plain.StatusCode == 200 {
			t.Error("the study is served without TLS")
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A certificate is read again when its files change. One that cannot be used is not taken.
func TestCertificateChanges(t *testing.T) {
	dir := t.TempDir()
	var log bytes.Buffer
	c := &certificate{log: slog.New(slog.NewTextHandler(&log, nil))}
	c.cert, c.key = writeCertificate(t, dir, 1, time.Now().Add(time.Hour))
	if err := c.load(); err != nil {
		t.Fatal(err)
	}
	serial := func() int64 {
		c.looked = time.Time{} // ten seconds are over
		pair, err := c.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		return pair.Leaf.SerialNumber.Int64()
	}
	later := func(d time.Duration) {
		for _, path := range []string{c.cert, c.key} {
			if err := os.Chtimes(path, time.Time{}, time.Now().Add(d)); err != nil {
				t.Fatal(err)
			}
		}
	}
	writeCertificate(t, dir, 2, time.Now().Add(time.Hour))
	later(time.Second)
	if n := serial(); n != 2 || log.Len() > 0 {
		t.Errorf("the new certificate: %d, %s", n, &log)
	}
	if err := os.WriteFile(c.cert, []byte("half of a cert"), 0o600); err != nil {
		t.Fatal(err)
	}
	later(2 * time.Second)
	if n := serial(); n != 2 || !strings.Contains(log.String(), "the one of before is used") {
		t.Errorf("a certificate by half: %d, %s", n, &log)
	}
	writeCertificate(t, dir, 3, time.Now().Add(-time.Hour))
	later(3 * time.Second)
	if n := serial(); n != 2 || !strings.Contains(log.String(), "has expired") {
		t.Errorf("a certificate that has expired: %d, %s", n, &log)
	}
	writeCertificate(t, dir, 4, time.Now().Add(time.Hour))
	later(4 * time.Second)
	if n := serial(); n != 4 {
		t.Errorf("after mistakes: %d", n)
	}
}

// Without TLS a study is not public.
func TestPublic(t *testing.T) {
	study := &collect.Study{Dir: t.TempDir()}
	for want, o := range map[string]TLSOptions{
		"--public needs TLS":                       {Public: true},
		"belong together":                          {Public: true, Cert: "a.pem"},
		"give either":                              {Public: true, Cert: "a.pem", Key: "b.pem", Domain: "study.example.org"},
		"--domain needs --public":                  {Domain: "study.example.org"},
		"--domain 192.0.2.1: give the name":        {Public: true, Domain: "192.0.2.1"},
		"--domain https://a.example.org: give the": {Public: true, Domain: "https://a.example.org"},
		"--acme needs --domain":                    {Public: true, ACME: "https://ca.example.org/directory"},
	} {
		if _, err := o.open(study, nil); !usage.Is(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", o, err, want)
		}
	}
	f, err := (&TLSOptions{Public: true, Domain: "study.example.org"}).open(study, nil)
	if err != nil || !slices.Contains(f.config.NextProtos, acme.ALPNProto) || !slices.Contains(f.config.NextProtos, "h2") {
		t.Fatalf("%+v %v", f.config, err)
	}
	if _, err := f.config.GetCertificate(&tls.ClientHelloInfo{ServerName: "other.example.org"}); err == nil || !strings.Contains(err.Error(), "other.example.org") {
		t.Errorf("a certificate for another name: %v", err)
	}
	if l, err := listen(t.Context(), "0.0.0.0:0", "--admin-addr", false); err == nil || !strings.Contains(err.Error(), "ssh -L") {
		t.Errorf("%v %v", l, err)
	}
	l, err := listen(t.Context(), "0.0.0.0:0", "--addr", true)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}

// Behind a proxy that has TLS, nobody else is answered, and nobody who asked the proxy without TLS.
func TestProxied(t *testing.T) {
	for _, c := range []struct {
		proxies, proto string
		want           int
		says           string
	}{{`["127.0.0.1"]`, "https", 200, "true"}, {`["127.0.0.1"]`, "", 403, "set the header X-Forwarded-Proto"},
		{`["127.0.0.1"]`, "http", 403, "through its proxy only"}, {`["192.0.2.0/24"]`, "https", 403, "through its proxy only"},
		{`["192.0.2.0/24"]`, "", 403, "through its proxy only"}} {
		r := newRig(t, collect.Browse, func(text string) string {
			return strings.Replace(text, "trusted_proxies = []", "trusted_proxies = "+c.proxies, 1)
		})
		f, err := (&TLSOptions{Public: true}).open(r.server.Study, nil)
		if err != nil {
			t.Fatal(err)
		}
		web := httptest.NewServer(f.handler(r.server, r.server.Handler()))
		request, err := http.NewRequest("GET", web.URL+"/healthz", nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.proto != "" {
			request.Header.Set("X-Forwarded-Proto", c.proto)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		web.Close()
		if err != nil || answer.StatusCode != c.want || !strings.Contains(string(text), c.says) {
			t.Errorf("%+v: %s %s %v", c, answer.Status, text, err)
		}
	}
}
