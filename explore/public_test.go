package explore

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"abtool/internal/front"
	"abtool/internal/front/testcert"
	"abtool/internal/usage"
)

// run runs an explorer until the test ends, and returns the address that it prints.
func run(t *testing.T, o Options) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan string, 1), make(chan error, 1)
	o.Ready = func(address string) { ready <- address }
	go func() { done <- Run(ctx, o) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	select {
	case address := <-ready:
		return address
	case err := <-done:
		done <- nil
		t.Fatal(err)
		return ""
	}
}

// A public server has TLS. Everybody who has its address is let in, as somebody else, and runs one query at a time in
// half of the memory.
func TestPublic(t *testing.T) {
	cert, key := testcert.Write(t, t.TempDir(), 1, time.Now().Add(time.Hour))
	text, err := os.ReadFile(cert)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	const token = "a-token-of-20-letters"
	address := run(t, Options{Store: demo(), Address: "127.0.0.1:0", Memory: "1GB", Token: token, Notes: os.DevNull, ReadOnlyNotes: true, Options: front.Options{Public: true, Cert: cert, Key: key}})
	base, ok := strings.CutSuffix(address, "/?token="+token)
	if !ok || !strings.HasPrefix(base, "https://localhost:") {
		t.Fatal(address)
	}
	port := base[strings.LastIndex(base, ":"):]
	newPerson := func() *person {
		jar, _ := cookiejar.New(nil)
		return &person{t, base, http.Client{Jar: jar, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}, nil}
	}
	one, two, none := newPerson(), newPerson(), newPerson()
	for _, p := range []*person{one, two} {
		if status, _ := p.get("/?token=" + token); status != http.StatusOK {
			t.Fatalf("with the token: %d", status)
		}
	}
	if status, _ := none.get("/"); status != http.StatusForbidden {
		t.Errorf("without the token: %d", status)
	}
	at, _ := url.Parse(base)
	a, b := one.Jar.Cookies(at), two.Jar.Cookies(at)
	if len(a) != 1 || len(b) != 1 || a[0].Value == b[0].Value {
		t.Errorf("the cookies of two people: %v, %v", a, b)
	}
	r, _ := http.NewRequest("GET", base+"/?token="+token, nil)
	answer, err := none.Transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if c := answer.Header.Get("Set-Cookie"); !strings.Contains(c, "Secure") || !strings.Contains(c, "HttpOnly") || answer.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%q, %v", c, answer.Header)
	}
	for host, want := range map[string]int{"localhost" + port: 200, "a.example.org": 200, "example.org": 421, "evil.example": 421, "localhost.evil.example" + port: 421, "127.0.0.1" + port: 421} {
		r, _ := http.NewRequest("GET", base+"/", nil)
		if r.Host = host; host != "" {
			r.AddCookie(a[0])
		}
		if status, _ := none.do(r); status != want {
			t.Errorf("as %s: %d, want %d", host, status, want)
		}
	}
	r, _ = http.NewRequest("POST", base+"/api/sql", strings.NewReader(`{"q":"SELECT 1"}`))
	r.Header.Set("Origin", "https://evil.example")
	if status, _ := one.do(r); status != http.StatusForbidden {
		t.Errorf("a POST from elsewhere: %d", status)
	}
	if _, body := one.sql("SELECT current_setting('memory_limit') AS m"); !strings.Contains(body, "476.8 MiB") {
		t.Errorf("the memory of a query: %s", body)
	}
	const slow = "SELECT max(hash(range)) FROM range(100000000000)"
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for ctx.Err() == nil { // the query of below may be first
			r, _ := http.NewRequestWithContext(ctx, "POST", base+"/api/sql", strings.NewReader(`{"q":"`+slow+`"}`))
			if a, err := one.Do(r); err == nil {
				a.Body.Close()
			}
		}
	}()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) { // until the slow one runs
		if status, body := one.sql("SELECT 1"); status == http.StatusTooManyRequests && strings.Contains(body, "is running") {
			break
		} else if time.Now().After(end) {
			t.Fatalf("a second query: %d %s", status, body)
		}
	}
	if status, body := two.sql("SELECT 1"); status != http.StatusOK {
		t.Errorf("the query of another person: %d %s", status, body)
	}
	cancel()
	<-stopped
	// Who goes away ends the query: the next one runs within a second. Other tests may need the processors.
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if status, _ := one.sql("SELECT 1"); status == http.StatusOK {
			break
		} else if time.Now().After(end) {
			t.Fatal("the query of a browser that went away runs on")
		}
	}
}

// Behind a proxy that has TLS, only requests that came to it by its name and with TLS are answered.
func TestBehindProxy(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := free.Addr().String()
	free.Close()
	address := run(t, Options{Store: demo(), Address: at, Proxy: "explore.example.org", Options: front.Options{Public: true}})
	if !strings.HasPrefix(address, "https://explore.example.org/?token=") {
		t.Fatal(address)
	}
	u, _ := url.Parse(address)
	for _, c := range []struct {
		host, proto string
		want        int
	}{{"explore.example.org", "https", 303}, {"explore.example.org", "http", 403}, {"explore.example.org", "", 403}, {"evil.example", "https", 421}, {at, "https", 421}} {
		r, _ := http.NewRequest("GET", "http://"+at+"/?"+u.RawQuery, nil)
		r.Host = c.host
		if c.proto != "" {
			r.Header.Set("X-Forwarded-Proto", c.proto)
		}
		a, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		if a.Body.Close(); a.StatusCode != c.want {
			t.Errorf("%+v: %s", c, a.Status)
		}
	}
}

// What cannot be public is refused before the store is opened.
func TestNotPublic(t *testing.T) {
	for want, o := range map[string]Options{
		"--public needs TLS":                    {Options: front.Options{Public: true}},
		"a proxy with TLS that --behind-proxy":  {Options: front.Options{Public: true}},
		"--behind-proxy needs --public":         {Proxy: "a.example.org"},
		"--compare and --public: the other":     {Compare: "other", Options: front.Options{Public: true}},
		"--token needs --public":                {Token: "a-token-of-20-letters"},
		"--token has 5 characters":              {Token: "short", Proxy: "a.example.org", Options: front.Options{Public: true}},
		"--behind-proxy https://a: give":        {Proxy: "https://a", Options: front.Options{Public: true}},
		"a proxy on this machine reaches":       {Address: "0.0.0.0:8080", Proxy: "a.example.org", Options: front.Options{Public: true}},
		"or --public, which needs TLS":          {Address: "0.0.0.0:8080"},
		"give either --behind-proxy or a certi": {Proxy: "a.example.org", Options: front.Options{Public: true, Domain: "a.example.org"}},
	} {
		if err := Run(t.Context(), o); !usage.Is(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", o, err, want)
		}
	}
}
