"""An API on FastAPI. Run: GUARD_SERVER=… GUARD_ID=… GUARD_SECRET=… python fastapi_api.py 8000"""
import os
import sys

import uvicorn
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse

import rules
from sallyport_check import Guard, Refused
from sallyport_token import TokenVerifier

app = FastAPI()
server = os.environ["GUARD_SERVER"]
guard = Guard(server, os.environ["GUARD_ID"], os.environ["GUARD_SECRET"])
verifier = TokenVerifier(server)


def guarded(shape, rule):
    """A dependency that is who is calling; nobody else gets as far as the endpoint."""

    # Not async: FastAPI runs it in a thread, so that waiting for the answer holds up nobody else.
    def check(request: Request, response: Response):
        principal, headers = guard.check(
            request.method, request.scope["path"], request.headers.getlist, request.client.host, shape, rule
        )
        response.headers.update(headers)
        return principal

    return Depends(check)


@app.exception_handler(Refused)
async def refuse(request: Request, refused: Refused):
    return JSONResponse(refused.body, refused.status, refused.headers)


@app.get("/domains")
def domains(caller: dict = guarded("message", rules.DOMAINS)):
    return {"caller": caller}


@app.get("/chatbots")
def chatbots(caller: dict = guarded("oauth", rules.CHATBOTS)):
    return {"caller": caller}


@app.get("/campaigns")
def campaigns(caller: dict = guarded("oauth", rules.CAMPAIGNS)):
    return {"caller": caller}


@app.get("/behind/domains")
def behind_the_proxy(request: Request):
    tokens = request.headers.getlist("x-auth-token")
    return {"caller": verifier.principal(tokens, request.method, "/behind/domains")}


if __name__ == "__main__":
    # uvicorn believes X-Forwarded-For of anybody on this machine unless told not to. Behind a proxy of your own:
    # proxy_headers=True and forwarded_allow_ips with that proxy's address alone.
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), proxy_headers=False)
