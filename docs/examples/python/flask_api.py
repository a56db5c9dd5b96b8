"""An API on Flask. Run: GUARD_SERVER=… GUARD_ID=… GUARD_SECRET=… python flask_api.py 8000"""
import functools
import os
import sys

from flask import Flask, g, make_response, request

import rules
from sallyport_check import Guard, Refused
from sallyport_token import TokenVerifier

app = Flask(__name__)
server = os.environ["GUARD_SERVER"]
guard = Guard(server, os.environ["GUARD_ID"], os.environ["GUARD_SECRET"])
verifier = TokenVerifier(server)


def guarded(shape, rule):
    """Lets a view be called only by whom the rule allows; `g.principal` says who that is."""

    def decorate(view):
        @functools.wraps(view)
        def checked(*args, **kwargs):
            # Behind a proxy of your own, werkzeug's ProxyFix makes remote_addr the caller's; without one it must not be used.
            g.principal, headers = guard.check(
                request.method, request.path, request.headers.getlist, request.remote_addr, shape, rule
            )
            response = make_response(view(*args, **kwargs))
            response.headers.update(headers)
            return response

        return checked

    return decorate


@app.errorhandler(Refused)
def refuse(refused):
    return refused.body, refused.status, refused.headers


@app.get("/domains")
@guarded("message", rules.DOMAINS)
def domains():
    return {"caller": g.principal}


@app.get("/chatbots")
@guarded("oauth", rules.CHATBOTS)
def chatbots():
    return {"caller": g.principal}


@app.get("/campaigns")
@guarded("oauth", rules.CAMPAIGNS)
def campaigns():
    return {"caller": g.principal}


@app.get("/behind/domains")
def behind_the_proxy():
    tokens = request.headers.getlist("x-auth-token")
    return {"caller": verifier.principal(tokens, request.method, "/behind/domains")}


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]))
