package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Rule is what a route asks of its caller.
type Rule struct {
	Doors  []string `json:"doors"`
	Scopes []string `json:"scopes,omitempty"`
	Plan   string   `json:"plan,omitempty"`
	Plans  []string `json:"plans,omitempty"`
	Limits []string `json:"limits,omitempty"`
}

// Principal is who is calling; more of its members are in docs/check.md.
type Principal struct {
	Kind      string   `json:"kind"`
	ID        string   `json:"id"`
	Door      string   `json:"door"`
	AccountID string   `json:"account_id,omitempty"`
	ClientID  string   `json:"client_id,omitempty"`
	Plan      string   `json:"plan,omitempty"`
	Scopes    []string `json:"scopes"`
	Team      *struct {
		ID   string `json:"id"`
		Slug string `json:"slug"`
	} `json:"team,omitempty"`
}

type answer struct {
	Outcome   string            `json:"outcome"`
	Principal *Principal        `json:"principal"`
	Status    int               `json:"status"`
	Headers   map[string]string `json:"headers"`
	Body      json.RawMessage   `json:"body"`
}

// Guard asks Sallyport who is calling, and whether they may. One for the whole process: it keeps its connections.
type Guard struct {
	server, id, secret string
	client             *http.Client
}

// NewGuard makes a guard; within two seconds a caller has an answer, whatever the server does.
func NewGuard(server, id, secret string) *Guard {
	return &Guard{server, id, secret, &http.Client{
		Timeout:   2 * time.Second,
		Transport: &http.Transport{MaxIdleConnsPerHost: 16, IdleConnTimeout: 30 * time.Second},
		// A redirect is no answer.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

type principalKey struct{}

// PrincipalOf is who was let in.
func PrincipalOf(r *http.Request) *Principal {
	principal, _ := r.Context().Value(principalKey{}).(*Principal)
	return principal
}

// Protect lets next be called only by whom the rule allows. Who is refused gets the server's reply as it is.
func (g *Guard) Protect(shape string, rule Rule, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a, err := g.check(r, shape, rule)
		if err != nil {
			log.Printf("nobody can be checked: %v", err)
			a = unavailable(shape)
		}
		for name, value := range a.Headers {
			w.Header().Set(name, value)
		}
		if a.Outcome != "allow" {
			w.WriteHeader(a.Status)
			w.Write(a.Body)
			return
		}
		next(w, r.WithContext(context.WithValue(r.Context(), principalKey{}, a.Principal)))
	}
}

func (g *Guard) check(r *http.Request, shape string, rule Rule) (*answer, error) {
	headers := map[string][]string{}
	for _, name := range []string{"authorization", "x-api-key", "origin"} {
		if values := r.Header.Values(name); len(values) > 0 {
			headers[name] = values
		}
	}
	// Behind a proxy of your own this is that proxy: take the last entry of X-Forwarded-For, which it wrote.
	ip, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return nil, err
	}
	question, err := json.Marshal(map[string]any{
		"method": r.Method, "path": r.URL.EscapedPath(), "headers": headers, "ip": ip, "rule": rule, "shape": shape,
	})
	if err != nil {
		return nil, err
	}
	return g.ask(r.Context(), question)
}

func (g *Guard) ask(ctx context.Context, question []byte) (*answer, error) {
	request, err := http.NewRequestWithContext(ctx, "POST", g.server+"/guard/check", bytes.NewReader(question))
	if err != nil {
		return nil, err
	}
	// RFC 6749, section 2.3.1: both are form-encoded before they are joined.
	request.SetBasicAuth(url.QueryEscape(g.id), url.QueryEscape(g.secret))
	request.Header.Set("Content-Type", "application/json")
	// Empty, it is not sent, and says that asking again is fine where a connection turns out to be dead.
	request.Header["Idempotency-Key"] = []string{}
	response, err := g.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		// A rule that can't be, or a credential that was taken away; it says which, and repeats nothing of what was sent.
		return nil, fmt.Errorf("Sallyport answered %d: %.300q", response.StatusCode, body)
	}
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, err
	}
	if allowed := a.Outcome == "allow" && a.Principal != nil; allowed || a.Outcome == "refuse" && a.Status >= 400 && len(a.Body) > 0 {
		return &a, nil
	}
	return nil, fmt.Errorf("Sallyport answered neither yes nor no")
}

const later = "The service is temporarily unavailable."

// Who can't be checked is not let in.
func unavailable(shape string) *answer {
	words := map[string]any{
		"detail":  map[string]string{"detail": later, "code": "unavailable"},
		"oauth":   map[string]string{"error": "unavailable", "error_description": later},
		"message": map[string]string{"error": "unavailable", "message": later},
	}
	body, _ := json.Marshal(words[shape])
	headers := map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store"}
	return &answer{Outcome: "refuse", Status: http.StatusServiceUnavailable, Headers: headers, Body: body}
}
