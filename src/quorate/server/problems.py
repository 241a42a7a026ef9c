"""Every refusal as RFC 9457 problem+json, with the next step for the person who reads it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from quorate.errors import NotFound, NotPossible, QuorateError, Refused
from quorate.machine import IllegalStep
from quorate.server.api.schemas import Problem

MEDIA_TYPE: Final = "application/problem+json"
BODY: Final = "Send one JSON object, UTF-8, with Content-Type: application/json."
SHAPES: Final = "The shape of every request is in /openapi.json."
_STATUS: Final[tuple[tuple[type[QuorateError], HTTPStatus], ...]] = (
    (NotFound, HTTPStatus.NOT_FOUND),
    (NotPossible, HTTPStatus.CONFLICT),
    (IllegalStep, HTTPStatus.CONFLICT),
    (Refused, HTTPStatus.UNPROCESSABLE_ENTITY),
)
_REMEDIES: Final = {
    404: "The addresses of the API are in /openapi.json.",
    405: "The methods of every address are in /openapi.json.",
}


class Unauthorised(QuorateError):
    code = "unauthorised"


class Forbidden(QuorateError):
    code = "forbidden"


class Misdirected(QuorateError):
    """The request names a host this server does not answer for (DNS rebinding looks like that)."""

    code = "misdirected"


class TooBig(QuorateError):
    """More than any request of the API needs."""

    code = "too-big"


class KeyReused(QuorateError):
    """An Idempotency-Key came again with another request."""

    code = "idempotency-key-reused"


_OWN_STATUS: Final[Mapping[type[QuorateError], HTTPStatus]] = {
    Unauthorised: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    Misdirected: HTTPStatus.MISDIRECTED_REQUEST,
    KeyReused: HTTPStatus.CONFLICT,
    TooBig: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}


def status_of(error: QuorateError) -> HTTPStatus:
    own = _OWN_STATUS.get(type(error))
    if own is not None:
        return own
    return next((s for kind, s in _STATUS if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


def problem_of(error: QuorateError) -> Problem:
    status = status_of(error)
    refused = error if isinstance(error, Refused) else None
    return Problem(
        type=error.code,
        title=status.phrase,
        status=status,
        detail=error.problem,
        remedy=error.remedy,
        column=refused.column if refused else None,
        suggestion=refused.suggestion if refused else None,
    )


def respond(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    body = problem.model_dump(mode="json", exclude_none=True)
    return JSONResponse(body, problem.status, dict(headers or {}), MEDIA_TYPE)


def respond_error(error: QuorateError) -> Response:
    headers = {"WWW-Authenticate": 'Bearer realm="quorate"'} if isinstance(error, Unauthorised) else None
    return respond(problem_of(error), headers)


def install(app: FastAPI) -> None:
    """Make the app answer every error in this shape."""

    @app.exception_handler(QuorateError)
    async def quorate_error(_request: Request, error: QuorateError) -> Response:
        return respond_error(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> Response:
        return respond(_problem_of_validation(error))

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        status = HTTPStatus(error.status_code)
        if status is HTTPStatus.BAD_REQUEST:
            return respond(_malformed())
        problem = Problem(
            type=status.phrase.lower().replace(" ", "-"),
            title=status.phrase,
            status=status,
            detail=f"{request.method} {request.url.path}: {status.description or status.phrase}.",
            remedy=_REMEDIES.get(status, SHAPES),
        )
        return respond(problem, error.headers)


def respond_bug() -> Response:
    """Something we did not foresee; the log has it."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    problem = Problem(
        type="internal-error",
        title=status.phrase,
        status=status,
        detail="Quorate made a mistake while answering; nothing else is affected.",
        remedy="Try again; if it stays, report it with the server's log.",
    )
    return respond(problem)


def _malformed() -> Problem:
    """A body that is no JSON, and perhaps not even UTF-8."""
    status = HTTPStatus.BAD_REQUEST
    detail = "The body is not JSON."
    return Problem(type="malformed-json", title=status.phrase, status=status, detail=detail, remedy=BODY)


def _problem_of_validation(error: RequestValidationError) -> Problem:
    """The first thing that is wrong, named by its place, without repeating what was sent."""
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return _malformed()
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if first["loc"] == ("body",):
        # what is sent as another type, by a form or by curl without a header, is taken for text
        detail, remedy = "The body is no JSON object, or not sent as one.", BODY
    else:
        place = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
        detail, remedy = f"{place}: {first['msg']}.", SHAPES
    return Problem(type="invalid", title=status.phrase, status=status, detail=detail, remedy=remedy)
