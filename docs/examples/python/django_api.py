"""An API on Django. Run: GUARD_SERVER=… GUARD_ID=… GUARD_SECRET=… python django_api.py 8000"""
import functools
import os
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import JsonResponse
from django.urls import path
from django.views.decorators.http import require_GET

import rules
from sallyport_check import Guard, Refused
from sallyport_token import TokenVerifier

settings.configure(
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["localhost", "127.0.0.1"],
    MIDDLEWARE=[f"{__name__}.Refusals"],
    # By default Django mails the whole request of every 5xx to the administrators, with its Authorization header.
    LOGGING={
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"console": {"class": "logging.StreamHandler"}},
        "loggers": {"django": {"handlers": ["console"], "level": "INFO", "propagate": False}},
        "root": {"handlers": ["console"]},
    },
)
server = os.environ["GUARD_SERVER"]
guard = Guard(server, os.environ["GUARD_ID"], os.environ["GUARD_SECRET"])
verifier = TokenVerifier(server)


def values_of(request):
    """All values of a header. WSGI joins repetitions with a comma, which no credential has in it: they are refused as well."""
    return lambda name: [value for value in [request.headers.get(name)] if value is not None]


class Refusals:
    """Middleware that sends refusals as they are."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, error):
        if isinstance(error, Refused):
            return with_headers(JsonResponse(error.body, status=error.status), error.headers)


def with_headers(response, headers):
    for name, value in headers.items():
        response[name] = value
    return response


def guarded(shape, rule):
    """Lets a view be called only by whom the rule allows; `request.principal` says who that is."""

    def decorate(view):
        @functools.wraps(view)
        def checked(request, *args, **kwargs):
            # Behind a proxy of your own, REMOTE_ADDR is that proxy: take the last entry of X-Forwarded-For, which it wrote.
            request.principal, headers = guard.check(
                request.method, request.path, values_of(request), request.META["REMOTE_ADDR"], shape, rule
            )
            return with_headers(view(request, *args, **kwargs), headers)

        return checked

    return decorate


@require_GET
@guarded("message", rules.DOMAINS)
def domains(request):
    return JsonResponse({"caller": request.principal})


@require_GET
@guarded("oauth", rules.CHATBOTS)
def chatbots(request):
    return JsonResponse({"caller": request.principal})


@require_GET
@guarded("oauth", rules.CAMPAIGNS)
def campaigns(request):
    return JsonResponse({"caller": request.principal})


@require_GET
def behind_the_proxy(request):
    tokens = values_of(request)("x-auth-token")
    return JsonResponse({"caller": verifier.principal(tokens, request.method, "/behind/domains")})


urlpatterns = [
    path("domains", domains),
    path("chatbots", chatbots),
    path("campaigns", campaigns),
    path("behind/domains", behind_the_proxy),
]

if __name__ == "__main__":
    # `runserver` is for development; in production the same file is a WSGI application.
    execute_from_command_line([sys.argv[0], "runserver", "--noreload", f"127.0.0.1:{sys.argv[1]}"])
