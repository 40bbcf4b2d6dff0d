package explore

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"net"
	"net/http"
	"strings"
	"sync"
)

// A guard lets one browser in. The address that a person gets has a token, which is exchanged once for a cookie.
type guard struct {
	host, port string // of the listener
	cookie     string // its name; cookies do not depend on the port, so that another explorer has another name
	session    string

	mu    sync.Mutex
	token string
	used  map[string]bool // earlier tokens
}

func newGuard(address string) *guard {
	g := &guard{session: secret(), token: secret(), used: map[string]bool{}}
	g.host, g.port, _ = net.SplitHostPort(address)
	g.cookie = "abtool-explore-" + secret()[:8]
	return g
}

// secret returns 256 random bits.
func secret() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// address returns the address to open, with the token.
func (g *guard) address() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return "http://" + net.JoinHostPort(g.host, g.port) + "/?token=" + g.token
}

// policy restricts what a page can load to this server.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// wrap answers only requests to this machine's names, from the browser with the cookie. renewed is called after
// somebody opened an address whose token had been used, and there is a new one.
func (g *guard) wrap(next http.Handler, renewed func()) http.Handler {
	inner := http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		if !g.named(r.Host) {
			http.Error(w, "This server answers only at 127.0.0.1 and localhost.", http.StatusMisdirectedRequest)
			return
		}
		if c, err := r.Cookie(g.cookie); err == nil && equal(c.Value, g.session) {
			inner.ServeHTTP(w, r)
			return
		}
		switch g.exchange(r.URL.Query().Get("token")) {
		case letIn:
			http.SetCookie(w, &http.Cookie{Name: g.cookie, Value: g.session, Path: "/", HttpOnly: true,
				SameSite: http.SameSiteStrictMode})
			http.Redirect(w, r, "/"+strings.TrimLeft(r.URL.Path, "/"), http.StatusSeeOther) // "//host" would lead away
		case wasUsed:
			renewed()
			http.Error(w, "This address was opened before, and works once. A new one is printed where abtool explore runs.",
				http.StatusForbidden)
		default:
			http.Error(w, "Open the address that abtool explore prints: it has a token.", http.StatusForbidden)
		}
	})
}

const (
	unknown = iota
	letIn
	wasUsed
)

// exchange uses the token, after which there is another.
func (g *guard) exchange(token string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case token == "":
		return unknown
	case equal(token, g.token):
		g.used[g.token] = true
		g.token = secret()
		return letIn
	case g.used[token]:
		return wasUsed
	}
	return unknown
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// named reports whether a Host header names this server. Another name that leads here is an attack (DNS
// rebinding).
func (g *guard) named(host string) bool {
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = strings.Trim(host, "[]"), "80"
	}
	ip := net.ParseIP(name)
	return port == g.port && (strings.EqualFold(name, "localhost") || ip != nil && ip.IsLoopback())
}
