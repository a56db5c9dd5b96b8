"""Asks Sallyport who is calling, and whether they may. Needs nothing but the standard library."""
import base64
import http.client
import json
import logging
import queue
from urllib.parse import quote, quote_plus, urlsplit

log = logging.getLogger("sallyport")
CREDENTIAL_HEADERS = ("authorization", "x-api-key", "origin")
LATER = "The service is temporarily unavailable."
UNAVAILABLE = {
    "detail": {"detail": LATER, "code": "unavailable"},
    "oauth": {"error": "unavailable", "error_description": LATER},
    "message": {"error": "unavailable", "message": LATER},
}


class Refused(Exception):
    """The caller may not pass: the reply to send, as it is."""

    def __init__(self, status, headers, body):
        super().__init__(f"refused with {status}")
        self.status, self.headers, self.body = status, headers, body


def unavailable(shape):
    """Who can't be checked is not let in."""
    return Refused(503, {"Content-Type": "application/json", "Cache-Control": "no-store"}, UNAVAILABLE[shape])


class Guard:
    """One for the whole process. `timeout` is how many seconds a silent server is waited for."""

    def __init__(self, server, client_id, client_secret, timeout=2.0):
        address = urlsplit(server)
        connection = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        self._connect = lambda: connection(address.netloc, timeout=timeout)
        self._idle = queue.LifoQueue(maxsize=16)
        # RFC 6749, section 2.3.1: both are form-encoded before they are joined.
        credential = f"{quote_plus(client_id)}:{quote_plus(client_secret)}".encode()
        basic = base64.b64encode(credential).decode()
        self._headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/json"}

    def check(self, method, path, values, ip, shape, rule):
        """The principal and the headers for the reply, or raises Refused.

        `values` gives all values of a header, `ip` is the address of the connection.
        """
        presented = {name: values(name) for name in CREDENTIAL_HEADERS}
        question = {
            "method": method,
            "path": quote(path, errors="replace"),
            "headers": {name: found for name, found in presented.items() if found},
            "ip": ip,
            "rule": rule,
            "shape": shape,
        }
        try:
            answer = self._ask(json.dumps(question))
            if answer["outcome"] == "allow":
                return dict(answer["principal"]), dict(answer["headers"])
            refused = Refused(int(answer["status"]), dict(answer["headers"]), dict(answer["body"]))
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
            log.error("nobody can be checked: %s: %s", type(error).__name__, error)
            raise unavailable(shape) from None
        raise refused

    def _ask(self, body):
        try:
            connection = self._idle.get_nowait()
        except queue.Empty:
            return self._send(self._connect(), body)
        try:
            return self._send(connection, body)
        except (ConnectionError, http.client.RemoteDisconnected):
            # The server had closed it while it lay idle.
            return self._send(self._connect(), body)

    def _send(self, connection, body):
        try:
            connection.request("POST", "/guard/check", body, self._headers)
            response = connection.getresponse()
            text = response.read()
        except BaseException:
            connection.close()
            raise
        try:
            self._idle.put_nowait(connection)
        except queue.Full:
            connection.close()
        if response.status != 200:
            # A rule that can't be, or a credential that was taken away; it says which, and repeats nothing of what was sent.
            raise ValueError(f"Sallyport answered {response.status}: {text[:300]!r}")
        return json.loads(text)
