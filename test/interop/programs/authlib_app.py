"""A Flask app that signs people in with Authlib, and what its session for requests does beside that.

Told by the environment: SERVER, PORT, and CLIENTS, which are JSON: each name has an id, maybe a secret, or a private key.
"""

import json
import os

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import (
    ClientSecretJWT,
    PrivateKeyJWT,
    client_secret_jwt_sign,
    private_key_jwt_sign,
)
from flask import Flask, jsonify, request, url_for

SERVER = os.environ["SERVER"]
CLIENTS = json.loads(os.environ["CLIENTS"])
TOKEN_ENDPOINT = f"{SERVER}/o/token"

app = Flask(__name__)
app.secret_key = "of this app"
oauth = OAuth(app)
tokens = {}


class ByKey(PrivateKeyJWT):
    """An assertion for the issuer, good for a minute: Authlib's own is for the token endpoint and good for an hour."""

    def sign(self, auth, token_endpoint):
        return private_key_jwt_sign(auth.client_secret, auth.client_id, SERVER, "ES256", expires_in=60)


class BySecret(ClientSecretJWT):
    """The same, signed with the secret."""

    def sign(self, auth, token_endpoint):
        return client_secret_jwt_sign(auth.client_secret, auth.client_id, SERVER, expires_in=60)


def remember(name):
    def update_token(token, refresh_token=None, access_token=None):
        tokens[name] = token

    return update_token


for name, client in CLIENTS.items():
    oauth.register(
        name,
        client_id=client["id"],
        client_secret=client.get("secret"),
        server_metadata_url=f"{SERVER}/.well-known/openid-configuration",
        api_base_url=SERVER,
        client_kwargs={"scope": "openid profile chatbot:read", "code_challenge_method": "S256"},
        authorize_params={"prompt": "consent"},
        update_token=remember(name),
    )


@app.errorhandler(OAuthError)
def refused(error):
    return jsonify(error=error.error, description=error.description), 400


@app.get("/<name>/login")
def login(name):
    return oauth.create_client(name).authorize_redirect(url_for("callback", name=name, _external=True))


@app.get("/<name>/callback")
def callback(name):
    token = oauth.create_client(name).authorize_access_token()
    tokens[name] = token
    # Authlib has verified the ID token by then: its signature, issuer, audience, nonce and times.
    return jsonify(claims=token["userinfo"], access=token["access_token"], refresh=token["refresh_token"])


@app.get("/<name>/userinfo")
def userinfo(name):
    return jsonify(oauth.create_client(name).userinfo(token=tokens[name]))


@app.get("/<name>/expired")
def expired(name):
    """A call with a token that is over, which Authlib refreshes by itself."""
    old = tokens[name]
    answer = oauth.create_client(name).get("/api/chatbots/", token={**old, "expires_at": 1})
    return jsonify(status=answer.status_code, access=tokens[name]["access_token"], before=old["access_token"])


def session_of(name, **more):
    client = CLIENTS[name]
    secret = client.get("key") or client.get("secret")
    made = OAuth2Session(client["id"], secret, scope="chatbot:read", **more)
    made.register_client_auth_method(BySecret())
    made.register_client_auth_method(ByKey())
    return made


@app.get("/<name>/revoke")
def revoke(name):
    """Ends the tokens; what the access token is good for before and after."""
    made = session_of(name, token=tokens[name])
    before = made.get(f"{SERVER}/api/chatbots/").status_code
    answer = made.revoke_token(f"{SERVER}/o/revoke_token", token=tokens[name]["refresh_token"])
    return jsonify([before, answer.status_code, made.get(f"{SERVER}/api/chatbots/").status_code])


@app.get("/<name>/introspect")
def introspect(name):
    made = session_of(name)
    return made.introspect_token(f"{SERVER}/o/introspect", token=tokens[name]["access_token"]).json()


@app.get("/<name>/refresh")
def refresh(name):
    return jsonify(session_of(name).refresh_token(TOKEN_ENDPOINT, tokens[name]["refresh_token"], scope=None))


@app.get("/<name>/machine")
def machine(name):
    """With `assertion=own` as Authlib makes assertions where it isn't told otherwise."""
    made = session_of(name, token_endpoint_auth_method=name)
    if request.args.get("assertion") == "own":
        made.register_client_auth_method(ClientSecretJWT(SERVER))
    return jsonify(made.fetch_token(TOKEN_ENDPOINT, grant_type="client_credentials"))


if __name__ == "__main__":
    app.run("127.0.0.1", int(os.environ["PORT"]))
