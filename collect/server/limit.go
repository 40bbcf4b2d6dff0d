package server

import (
	"crypto/rand"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A limiter limits requests by a key. It is kept in memory only.
type limiter struct {
	mu    sync.Mutex
	rate  rate.Limit
	burst int
	of    map[string]*entry
	salt  [32]byte // of this process, for addresses
}

type entry struct {
	limit *rate.Limiter
	used  time.Time
}

func newLimiter(perSecond float64, burst int) *limiter {
	l := &limiter{rate: rate.Limit(perSecond), burst: burst, of: map[string]*entry{}}
	rand.Read(l.salt[:])
	return l
}

// allow reports whether a request may be served now.
func (l *limiter) allow(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	e := l.of[key]
	if e == nil {
		if len(l.of) >= 50_000 {
			l.forget(now)
		}
		e = &entry{limit: rate.NewLimiter(l.rate, l.burst)}
		l.of[key] = e
	}
	e.used = now
	return e.limit.AllowN(now, 1)
}

// forget removes keys whose limit is full again, and all if there are none.
func (l *limiter) forget(now time.Time) {
	full := time.Duration(float64(l.burst) / float64(l.rate) * float64(time.Second))
	for key, e := range l.of {
		if now.Sub(e.used) > full {
			delete(l.of, key)
		}
	}
	if len(l.of) >= 50_000 {
		clear(l.of)
	}
}

// network returns a key for the network of a request, from which the address cannot be found.
func (s *Server) network(l *limiter, r *http.Request) string {
	a, ok := s.client(r)
	if !ok {
		return "unknown"
	}
	bits := 48
	if a.Is4() {
		bits = 24
	}
	p, err := a.WithZone("").Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return "network " + string(hash(string(l.salt[:])+p.String()))
}

// client returns the address that a request comes from. A trusted proxy adds the address that it was asked from to
// the end of X-Forwarded-For; what stands before the last address that is not trusted may be invented.
func (s *Server) client(r *http.Request) (netip.Addr, bool) {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}, false
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && s.trusted(a); i-- {
		next, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		a = next
	}
	return a.Unmap(), true
}

// trusted reports whether an address is that of a trusted proxy.
func (s *Server) trusted(a netip.Addr) bool {
	return slices.ContainsFunc(s.proxies, func(p netip.Prefix) bool { return p.Contains(a.Unmap()) })
}

// limited answers requests beyond the limit.
func limited(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "1")
	refuse(w, http.StatusTooManyRequests, "too_many", "too many requests; please wait a moment")
}
