package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/acme"

	"abtool/collect"
	"abtool/collect/storage"
	"abtool/internal/front"
	"abtool/internal/front/testcert"
	"abtool/internal/usage"
)

// A study is served with TLS and HTTP/2, and browsers are told to use nothing else.
func TestTLS(t *testing.T) {
	r := newRig(t, collect.Browse, nil)
	cert, key := testcert.Write(t, t.TempDir(), 1, time.Now().Add(time.Hour))
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
		if _, err := front.Open(o, place(study, nil)); !usage.Is(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", o, err, want)
		}
	}
	f, err := front.Open(TLSOptions{Public: true, Domain: "study.example.org"}, place(study, nil))
	if err != nil || !slices.Contains(f.Config.NextProtos, acme.ALPNProto) || !slices.Contains(f.Config.NextProtos, "h2") {
		t.Fatalf("%+v %v", f.Config, err)
	}
	if _, err := f.Config.GetCertificate(&tls.ClientHelloInfo{ServerName: "other.example.org"}); err == nil || !strings.Contains(err.Error(), "other.example.org") {
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
		f, err := front.Open(TLSOptions{Public: true}, place(r.server.Study, nil))
		if err != nil {
			t.Fatal(err)
		}
		web := httptest.NewServer(r.server.behind(f))
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
