// Command go is an app that signs people in with golang.org/x/oauth2, and a machine that gets a token of its own.
//
// Told by the environment: SERVER, PORT, and CLIENTS, which is JSON: each name has an id, maybe a secret, and how to send it.
package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

type client struct {
	ID     string `json:"id"`
	Secret string `json:"secret"`
	Style  string `json:"style"`
}

// What waits for an answer, by its state.
type pending struct{ verifier string }

var (
	server  = os.Getenv("SERVER")
	self    = "http://127.0.0.1:" + os.Getenv("PORT")
	clients map[string]client

	mu     sync.Mutex
	asked  = map[string]pending{}
	tokens = map[string]*oauth2.Token{}
)

var styles = map[string]oauth2.AuthStyle{
	"detect": oauth2.AuthStyleAutoDetect,
	"header": oauth2.AuthStyleInHeader,
	"params": oauth2.AuthStyleInParams,
}

func config(name string) *oauth2.Config {
	of := clients[name]
	return &oauth2.Config{
		ClientID:     of.ID,
		ClientSecret: of.Secret,
		RedirectURL:  self + "/" + name + "/callback",
		Scopes:       []string{"openid", "profile", "chatbot:read"},
		Endpoint: oauth2.Endpoint{
			AuthURL:   server + "/o/authorize",
			TokenURL:  server + "/o/token",
			AuthStyle: styles[of.Style],
		},
	}
}

func random() string {
	bytes := make([]byte, 32)
	if _, err := rand.Read(bytes); err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(bytes)
}

func login(name string, w http.ResponseWriter, r *http.Request) error {
	state, verifier := random(), random()
	mu.Lock()
	asked[state] = pending{verifier}
	mu.Unlock()
	sum := sha256.Sum256([]byte(verifier))
	address := config(name).AuthCodeURL(state,
		oauth2.SetAuthURLParam("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:])),
		oauth2.SetAuthURLParam("code_challenge_method", "S256"),
		oauth2.SetAuthURLParam("prompt", "consent"))
	http.Redirect(w, r, address, http.StatusFound)
	return nil
}

func callback(name string, w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	mu.Lock()
	waiting, known := asked[query.Get("state")]
	delete(asked, query.Get("state"))
	mu.Unlock()
	if !known {
		return errors.New("state is not ours")
	}
	if refusal := query.Get("error"); refusal != "" {
		return tell(w, map[string]string{"error": refusal})
	}
	token, err := config(name).Exchange(r.Context(), query.Get("code"),
		oauth2.SetAuthURLParam("code_verifier", waiting.verifier))
	if err != nil {
		return err
	}
	keep(name, token)
	return userinfo(name, w, r)
}

// userinfo is asked for with the client that puts the token on requests, and refreshes it where it is over.
func userinfo(name string, w http.ResponseWriter, r *http.Request) error {
	answer, err := config(name).Client(context.Background(), kept(name)).Get(server + "/o/userinfo")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	w.WriteHeader(answer.StatusCode)
	_, err = io.Copy(w, answer.Body)
	return err
}

// expired lets the token be over, and tells what the source of tokens has instead.
func expired(name string, w http.ResponseWriter, r *http.Request) error {
	old := *kept(name)
	old.Expiry = time.Now().Add(-time.Hour)
	token, err := config(name).TokenSource(r.Context(), &old).Token()
	if err != nil {
		return err
	}
	before := kept(name).AccessToken
	keep(name, token)
	return tell(w, map[string]string{"before": before, "access": token.AccessToken})
}

// revoke ends the tokens; the package has nothing for that.
func revoke(name string, w http.ResponseWriter, r *http.Request) error {
	form := url.Values{"token": {kept(name).RefreshToken}, "client_id": {clients[name].ID}}
	if secret := clients[name].Secret; secret != "" {
		form.Set("client_secret", secret)
	}
	answer, err := http.PostForm(server+"/o/revoke_token", form)
	if err != nil {
		return err
	}
	answer.Body.Close()
	return tell(w, map[string]int{"status": answer.StatusCode})
}

func machine(name string, w http.ResponseWriter, r *http.Request) error {
	of := clients[name]
	source := clientcredentials.Config{
		ClientID:     of.ID,
		ClientSecret: of.Secret,
		TokenURL:     server + "/o/token",
		Scopes:       []string{"chatbot:read"},
		AuthStyle:    styles[of.Style],
	}
	answer, err := source.Client(r.Context()).Get(server + "/api/chatbots/")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	return tell(w, map[string]int{"status": answer.StatusCode})
}

func keep(name string, token *oauth2.Token) {
	mu.Lock()
	defer mu.Unlock()
	tokens[name] = token
}

func kept(name string) *oauth2.Token {
	mu.Lock()
	defer mu.Unlock()
	return tokens[name]
}

func tell(w http.ResponseWriter, value interface{}) error {
	return json.NewEncoder(w).Encode(value)
}

// told is how the package tells a refusal: the answer as it came.
func told(w http.ResponseWriter, err error) {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(refused.Response.StatusCode)
	_, _ = w.Write(refused.Body)
}

func main() {
	if err := json.Unmarshal([]byte(os.Getenv("CLIENTS")), &clients); err != nil {
		log.Fatal(err)
	}
	pages := map[string]func(string, http.ResponseWriter, *http.Request) error{
		"login": login, "callback": callback, "userinfo": userinfo,
		"expired": expired, "revoke": revoke, "machine": machine,
	}
	log.Fatal(http.ListenAndServe(strings.TrimPrefix(self, "http://"), http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
			if len(parts) != 2 || pages[parts[1]] == nil {
				http.NotFound(w, r)
				return
			}
			if err := pages[parts[1]](parts[0], w, r); err != nil {
				told(w, err)
			}
		})))
}
