package platform

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// KeysURL is where Prolific publishes the keys that verify signed addresses.
const KeysURL = "https://api.prolific.com/.well-known/study/jwks.json"

// Parameters of an address of Prolific.
const (
	prolificPerson  = "PROLIFIC_PID"
	prolificStudy   = "STUDY_ID"
	prolificTicket  = "SESSION_ID" // the submission
	prolificToken   = "prolific_token"
	prolificAddress = "https://app.prolific.com/submissions/complete"
)

type prolific struct {
	*Prolific
	keys *keySource // nil without verify
}

func (p *prolific) Name() string     { return NameProlific }
func (p *prolific) Title() string    { return "Prolific" }
func (p *prolific) Frames() []string { return nil }
func (p *prolific) Forms() []string  { return nil }

func (p *prolific) Sends(q Params) bool { return q[prolificPerson] != "" || q[prolificToken] != "" }

func (p *prolific) Read(q Params, now time.Time) (a Arrival, err error) {
	if p.keys != nil {
		signed, err := p.keys.verify(q[prolificToken], now)
		if err != nil {
			return a, refused("the address is not signed by Prolific as it has to be (%v): please open the study from Prolific again", err)
		}
		for _, name := range []string{prolificPerson, prolificStudy, prolificTicket} {
			if q[name] != "" && q[name] != signed[name] {
				return a, refused("the address has another %s than the one that Prolific signed", name)
			}
		}
		q, a.Verified = signed, true
	}
	if a.Params, err = ids(p.Title(), q, prolificPerson, prolificStudy, prolificTicket); err != nil {
		return a, err
	}
	a.Person, a.Ticket = a.Params[prolificPerson], a.Params[prolificTicket]
	return a, nil
}

func (p *prolific) Back(_ Params, o Outcome, _ string) Way {
	code := p.Code(o)
	if code == "" {
		return Way{Kind: Return, Platform: p.Title()}
	}
	return Way{Kind: Redirect, Platform: p.Title(), URL: prolificAddress + "?cc=" + url.QueryEscape(code), Code: code}
}

// A keySource reads the keys of Prolific. They are read for each visit, so that a new file counts at once.
type keySource struct {
	read     func() ([]byte, error)
	audience string // host of the server
}

// keySource returns the source of the keys, or nil if addresses are not verified.
func (p *Prolific) keySource(path func(string) string, address string) (*keySource, error) {
	if p.Verify == "" {
		return nil, nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, errors.New("platform.prolific.verify needs serve.public_url: Prolific signs for whom an address is")
	}
	k := &keySource{audience: u.Hostname()}
	if strings.HasPrefix(strings.TrimSpace(p.Keys), "{") {
		k.read = func() ([]byte, error) { return []byte(p.Keys), nil }
	} else {
		k.read = func() ([]byte, error) { return os.ReadFile(path(p.Keys)) }
	}
	if _, err := k.keys(); err != nil {
		return nil, fmt.Errorf("platform.prolific.keys: %w; get them with curl -o FILE %s", err, KeysURL)
	}
	return k, nil
}

// keys returns the keys by their ids.
func (k *keySource) keys() (map[string]*rsa.PublicKey, error) {
	text, err := k.read()
	if err != nil {
		return nil, err
	}
	var set struct {
		Keys []struct {
			Kind string `json:"kty"`
			ID   string `json:"kid"`
			N    string `json:"n"`
			E    string `json:"e"`
		} `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, fmt.Errorf("not a set of keys (JWKS): %w", err)
	}
	all := map[string]*rsa.PublicKey{}
	for _, one := range set.Keys {
		n, err1 := base64.RawURLEncoding.DecodeString(one.N)
		e, err2 := base64.RawURLEncoding.DecodeString(one.E)
		if one.Kind != "RSA" || one.ID == "" || err1 != nil || err2 != nil || len(n) < 256 || len(e) == 0 || len(e) > 4 {
			continue
		}
		all[one.ID] = &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	}
	if len(all) == 0 {
		return nil, errors.New("the set has no RSA key of 2048 bits or more")
	}
	return all, nil
}

// claims are what Prolific signs.
type claims struct {
	jwt.RegisteredClaims
	Prolific struct {
		Person string `json:"PROLIFIC_PID"`
		Study  string `json:"STUDY_ID"`
		Ticket string `json:"SESSION_ID"`
	} `json:"prolific"`
}

// verify returns what a token says, if it is signed by Prolific for this server and is not out of date.
func (k *keySource) verify(token string, now time.Time) (Params, error) {
	if token == "" {
		return nil, errors.New("it has no " + prolificToken)
	}
	keys, err := k.keys()
	if err != nil {
		return nil, err
	}
	var c claims
	_, err = jwt.ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) {
		id, _ := t.Header["kid"].(string)
		if key := keys[id]; key != nil {
			return key, nil
		}
		return nil, errors.New("its key is not among those of the study")
	}, jwt.WithValidMethods([]string{"RS256"}), jwt.WithExpirationRequired(), jwt.WithLeeway(time.Minute), jwt.WithTimeFunc(func() time.Time { return now }))
	if err != nil {
		return nil, err
	}
	for _, a := range c.Audience {
		if u, err := url.Parse(a); err == nil && u.Host != "" {
			a = u.Hostname()
		}
		if strings.EqualFold(a, k.audience) {
			return Params{prolificPerson: c.Prolific.Person, prolificStudy: c.Prolific.Study, prolificTicket: c.Prolific.Ticket}, nil
		}
	}
	return nil, fmt.Errorf("it is for %q, and not for %s", []string(c.Audience), k.audience)
}
