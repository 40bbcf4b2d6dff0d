package explore

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"abtool/internal/front"
)

// A guard lets browsers in. The address that a person gets has a token, which is exchanged for a cookie: once, or, if
// the server is public, by everybody who has the address.
type guard struct {
	base   string                 // address of the server, without a slash at the end
	named  func(host string) bool // whether a Host header names this server
	public bool
	cookie string // its name; cookies do not depend on the port, so that another explorer has another name

	mu       sync.Mutex
	token    string
	used     map[string]bool // earlier tokens
	sessions map[string]*client
	order    []string // their names, the latest last

	first *guard // of another server, whose browsers are let in too; nil without
}

// A client is a browser that was let in.
type client struct {
	asks chan struct{} // holds an element while a query of SQL runs
}

// mostClients is the number of browsers after which the first one has to use the address again.
const mostClients = 10_000

// newGuard returns the guard of a server that is reached at an address such as http://127.0.0.1:8080.
func newGuard(base string, o Options, way front.Front) *guard {
	g := &guard{base: base, public: o.Public, token: o.Token, used: map[string]bool{}, sessions: map[string]*client{}}
	if g.token == "" {
		g.token = secret()
	}
	g.cookie = "abtool-explore-" + secret()[:8]
	port := "80"
	if u, err := url.Parse(base); err == nil && u.Port() != "" {
		port = u.Port()
	}
	g.named = func(host string) bool {
		name, asked, err := net.SplitHostPort(host)
		if err != nil {
			name, asked = strings.Trim(host, "[]"), "80"
		}
		if o.Public {
			return way.Names(name) || o.Proxy != "" && strings.EqualFold(name, o.Proxy)
		}
		ip := net.ParseIP(name)
		return asked == port && (strings.EqualFold(name, "localhost") || ip != nil && ip.IsLoopback())
	}
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
	return g.base + "/?token=" + url.QueryEscape(g.token)
}

// policy restricts what a page can load to this server.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// wrap answers only requests to the server's names, from browsers with a cookie. Another name that leads here is an
// attack (DNS rebinding). renewed is called after somebody opened an address whose token had been used, and there is a
// new one.
func (g *guard) wrap(next http.Handler, renewed func()) http.Handler {
	inner := http.NewCrossOriginProtection().Handler(next)
	return front.Secured(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !g.named(r.Host) {
			http.Error(w, "This server does not answer to this name: open the address that abtool explore prints.", http.StatusMisdirectedRequest)
			return
		}
		if c, err := r.Cookie(g.cookie); err == nil {
			if session := g.session(c.Value); session != nil {
				inner.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), clientKey{}, session)))
				return
			}
		}
		session, status := g.exchange(r.URL.Query().Get("token"))
		switch status {
		case letIn:
			http.SetCookie(w, &http.Cookie{Name: g.cookie, Value: session, Path: "/", HttpOnly: true, Secure: g.public,
				SameSite: http.SameSiteStrictMode})
			http.Redirect(w, r, "/"+strings.TrimLeft(r.URL.Path, `/\`), http.StatusSeeOther) // "//host" would lead away, and "/\host"
		case wasUsed:
			renewed()
			http.Error(w, "This address was opened before, and works once. A new one is printed where abtool explore runs.",
				http.StatusForbidden)
		default:
			http.Error(w, "Open the address that abtool explore prints: it has a token.", http.StatusForbidden)
		}
	}), policy)
}

// session returns the browser that has a cookie, or nil.
func (g *guard) session(value string) *client {
	if g.first != nil {
		return g.first.session(value)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.sessions[value]
}

type clientKey struct{}

// clientOf returns the browser that a request comes from.
func clientOf(ctx context.Context) *client {
	c, _ := ctx.Value(clientKey{}).(*client)
	return c
}

const (
	unknown = iota
	letIn
	wasUsed
)

// exchange returns a session for a token, after which there is another token unless the server is public.
func (g *guard) exchange(token string) (session string, status int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case token == "":
		return "", unknown
	case subtle.ConstantTimeCompare([]byte(token), []byte(g.token)) == 1:
		if !g.public {
			g.used[g.token] = true
			g.token = secret()
		}
		session = secret()
		g.sessions[session] = &client{asks: make(chan struct{}, 1)}
		g.order = append(g.order, session)
		if len(g.order) > mostClients {
			delete(g.sessions, g.order[0])
			g.order = g.order[1:]
		}
		return session, letIn
	case g.used[token]:
		return "", wasUsed
	}
	return "", unknown
}
