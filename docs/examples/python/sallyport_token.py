"""Verifies the token that Sallyport's forward authentication puts on a request (X-Auth-Token). Needs PyJWT."""
import json
import threading
import time
import urllib.request

import jwt

from sallyport_check import Refused, unavailable


class TokenVerifier:
    """One for the whole process. It asks the server for nothing but its public keys, which are kept for five minutes."""

    def __init__(self, server, timeout=2.0):
        self._issuer = f"{server}/guard"
        self._url, self._timeout = f"{server}/.well-known/jwks.json", timeout
        self._lock, self._keys = threading.Lock(), {}
        self._fetched = self._tried = float("-inf")

    def principal(self, tokens, method, route):
        """The principal of a request that came through the proxy, or raises Refused.

        `tokens` are all values of X-Auth-Token, `method` is that of the request, `route` the path of the route in the
        server's forwardAuth. A token for reading is none for writing.
        """
        try:
            (token,) = tokens
            header = jwt.get_unverified_header(token)
            # Tokens for callers are signed with the same keys: only the type tells them from ours (RFC 8725, section 3.11).
            if header.get("typ") != "internal+jwt":
                raise jwt.InvalidTokenError("another type of token")
            claims = jwt.decode(
                token,
                self._key(header.get("kid")),
                algorithms=["ES256"],
                issuer=self._issuer,
                audience=f"{'GET' if method == 'HEAD' else method} {route}",
                leeway=5,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
            return claims["principal"]
        except (jwt.InvalidTokenError, ValueError, KeyError):
            challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"', "Cache-Control": "no-store"}
            raise Refused(401, challenge, {"error": "unauthorized", "message": "This came past the proxy"}) from None

    def _key(self, kid):
        with self._lock:
            now = time.monotonic()
            old = now - self._fetched > 300
            # At most once a second, or whoever makes up key ids would make us ask for each of them.
            if (old or kid not in self._keys) and now - self._tried > 1:
                self._tried = now
                self._fetch(now)
            elif old:
                raise unavailable("message")
            return self._keys[kid]

    def _fetch(self, now):
        try:
            with urllib.request.urlopen(self._url, timeout=self._timeout) as response:
                keys = jwt.PyJWKSet.from_dict(json.load(response)).keys
        except (OSError, ValueError, jwt.PyJWTError):
            raise unavailable("message") from None
        self._keys, self._fetched = {key.key_id: key.key for key in keys}, now
