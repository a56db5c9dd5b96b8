// An API on net/http; nothing has to be downloaded.
// Run: GUARD_SERVER=… GUARD_ID=… GUARD_SECRET=… go run . 8000
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"time"
)

func who(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"caller": PrincipalOf(r)})
}

func main() {
	server := os.Getenv("GUARD_SERVER")
	guard := NewGuard(server, os.Getenv("GUARD_ID"), os.Getenv("GUARD_SECRET"))
	verifier := NewVerifier(server)

	mux := http.NewServeMux()
	mux.HandleFunc("/domains", guard.Protect("message", Rule{
		Doors: []string{"osir"}, Scopes: []string{"domains:read"}, Limits: []string{"osir-api"},
	}, who))
	mux.HandleFunc("/chatbots", guard.Protect("oauth", Rule{
		Doors: []string{"openchatstudio"}, Scopes: []string{"chatbot:read", "session:read"},
	}, who))
	mux.HandleFunc("/campaigns", guard.Protect("oauth", Rule{
		Doors: []string{"charp"}, Plan: "Standard", Plans: []string{"Free", "Standard", "Enterprise"},
	}, who))
	mux.HandleFunc("/behind/domains", verifier.Protect("/behind/domains", who))

	api := &http.Server{
		Addr:              "127.0.0.1:" + os.Args[1],
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		MaxHeaderBytes:    16 << 10,
	}
	log.Fatal(api.ListenAndServe())
}
