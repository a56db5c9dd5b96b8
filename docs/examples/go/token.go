package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Verifier verifies the token that forward authentication puts on a request (X-Auth-Token). It asks the server for nothing
// but its public keys, which are kept for five minutes.
type Verifier struct {
	server string
	client *http.Client

	mutex          sync.Mutex
	keys           map[string]*ecdsa.PublicKey
	fetched, tried time.Time
}

// NewVerifier makes a verifier; one for the whole process.
func NewVerifier(server string) *Verifier {
	return &Verifier{server: server, client: &http.Client{Timeout: 2 * time.Second}}
}

var (
	errToken = errors.New("not a token of ours")
	errKeys  = errors.New("the public keys can't be had")
)

// The clocks of two machines may differ by so much.
const leeway = 5 * time.Second

type claims struct {
	Issuer    string     `json:"iss"`
	Audience  string     `json:"aud"`
	Subject   string     `json:"sub"`
	IssuedAt  int64      `json:"iat"`
	ExpiresAt int64      `json:"exp"`
	Principal *Principal `json:"principal"`
}

// audienceOf is what a token must be for. One for reading is none for writing; HEAD counts as GET.
func audienceOf(method, route string) string {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	return method + " " + route
}

// Protect lets next be called only with a token for the request's method and this route: its path in the server's forwardAuth.
func (v *Verifier) Protect(route string, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		principal, err := v.principal(r.Header.Values("X-Auth-Token"), audienceOf(r.Method, route))
		if err == nil {
			next(w, r.WithContext(context.WithValue(r.Context(), principalKey{}, principal)))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		if errors.Is(err, errKeys) {
			w.WriteHeader(http.StatusServiceUnavailable)
			w.Write(unavailable("message").Body)
			return
		}
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		w.WriteHeader(http.StatusUnauthorized)
		io.WriteString(w, `{"error":"unauthorized","message":"This came past the proxy"}`)
	}
}

func (v *Verifier) principal(tokens []string, audience string) (*Principal, error) {
	if len(tokens) != 1 {
		return nil, errToken
	}
	parts := strings.Split(tokens[0], ".")
	if len(parts) != 3 {
		return nil, errToken
	}
	var header struct{ Alg, Typ, Kid string }
	// Tokens for callers are signed with the same keys: only the type tells them from ours (RFC 8725, section 3.11).
	if decode(parts[0], &header) != nil || header.Alg != "ES256" || header.Typ != "internal+jwt" {
		return nil, errToken
	}
	key, err := v.key(header.Kid)
	if err != nil {
		return nil, err
	}
	signature, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(signature) != 64 {
		return nil, errToken
	}
	hash := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	if !ecdsa.Verify(key, hash[:], r, s) {
		return nil, errToken
	}
	var c claims
	if decode(parts[1], &c) != nil || c.Issuer != v.server+"/guard" || c.Audience != audience {
		return nil, errToken
	}
	now := time.Now()
	if now.After(time.Unix(c.ExpiresAt, 0).Add(leeway)) || now.Add(leeway).Before(time.Unix(c.IssuedAt, 0)) {
		return nil, errToken
	}
	if c.Subject == "" || c.Principal == nil {
		return nil, errToken
	}
	return c.Principal, nil
}

func decode(part string, into any) error {
	text, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

func (v *Verifier) key(kid string) (*ecdsa.PublicKey, error) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	old := time.Since(v.fetched) > 5*time.Minute
	// At most once a second, or whoever makes up key ids would make us ask for each of them.
	if (old || v.keys[kid] == nil) && time.Since(v.tried) > time.Second {
		v.tried = time.Now()
		keys, err := v.fetch()
		if err != nil {
			return nil, fmt.Errorf("%w: %v", errKeys, err)
		}
		v.keys, v.fetched = keys, time.Now()
	} else if old {
		return nil, errKeys
	}
	if key := v.keys[kid]; key != nil {
		return key, nil
	}
	return nil, errToken
}

func (v *Verifier) fetch() (map[string]*ecdsa.PublicKey, error) {
	response, err := v.client.Get(v.server + "/.well-known/jwks.json")
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var set struct {
		Keys []struct{ Kid, Kty, Crv, X, Y string }
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", response.StatusCode)
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&set); err != nil {
		return nil, err
	}
	keys := map[string]*ecdsa.PublicKey{}
	for _, jwk := range set.Keys {
		x, errX := base64.RawURLEncoding.DecodeString(jwk.X)
		y, errY := base64.RawURLEncoding.DecodeString(jwk.Y)
		key := &ecdsa.PublicKey{Curve: elliptic.P256(), X: new(big.Int).SetBytes(x), Y: new(big.Int).SetBytes(y)}
		if jwk.Kty == "EC" && jwk.Crv == "P-256" && errX == nil && errY == nil && key.IsOnCurve(key.X, key.Y) {
			keys[jwk.Kid] = key
		}
	}
	return keys, nil
}
