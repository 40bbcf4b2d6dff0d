package server

import (
	"net/http"
	"net/netip"
	"testing"

	"abtool/collect"
)

// The address of a client is believed only as far as trusted proxies vouch for it.
func TestClient(t *testing.T) {
	for _, c := range []struct {
		name, peer string
		trusted    []string
		forwarded  []string
		want       string
	}{
		{"nobody is trusted", "127.0.0.1:5", nil, []string{"203.0.113.7"}, "127.0.0.1"},
		{"a proxy is trusted", "127.0.0.1:5", []string{"127.0.0.1"}, []string{"203.0.113.7"}, "203.0.113.7"},
		{"others are not", "203.0.113.9:5", []string{"127.0.0.1"}, []string{"203.0.113.7"}, "203.0.113.9"},
		{"an invented address comes first", "127.0.0.1:5", []string{"127.0.0.1"}, []string{"198.51.100.1, 203.0.113.7"}, "203.0.113.7"},
		{"two proxies", "127.0.0.1:5", []string{"127.0.0.1", "10.0.0.0/8"}, []string{"198.51.100.1, 203.0.113.7", "10.1.2.3"}, "203.0.113.7"},
		{"no header", "[::1]:5", []string{"::1"}, nil, "::1"},
		{"no address in it", "127.0.0.1:5", []string{"127.0.0.1"}, []string{"unknown"}, "127.0.0.1"},
		{"version 4 within 6", "[::ffff:127.0.0.1]:5", []string{"127.0.0.1"}, []string{"::ffff:203.0.113.7"}, "203.0.113.7"},
	} {
		s := new(Server)
		for _, text := range c.trusted {
			p, err := collect.Network(text)
			if err != nil {
				t.Fatal(err)
			}
			s.proxies = append(s.proxies, p)
		}
		got, ok := s.client(&http.Request{RemoteAddr: c.peer, Header: http.Header{"X-Forwarded-For": c.forwarded}})
		if want := netip.MustParseAddr(c.want); !ok || got != want {
			t.Errorf("%s: %v, want %v", c.name, got, want)
		}
	}
}
