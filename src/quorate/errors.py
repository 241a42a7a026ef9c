"""Errors a person will read: what happened, what it means, what to do next."""

from typing import ClassVar


class QuorateError(Exception):
    """Base of every error shown to a person; it always carries the next step."""

    code: ClassVar[str] = "error"
    """Stable name for tests, docs and problem+json ``type``; never translated."""

    def __init__(self, problem: str, *, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")
        self.problem = problem
        """What happened, one sentence."""
        self.remedy = remedy
        """What to do next, one sentence."""


class Refused(QuorateError):
    """A request that makes no sense as given; nothing was changed and nobody was messaged."""

    code = "refused"

    def __init__(
        self, problem: str, *, remedy: str, column: int | None = None, suggestion: str | None = None
    ) -> None:
        super().__init__(problem, remedy=remedy)
        self.column = column
        """1-based position in the text the person gave, if the problem has one."""
        self.suggestion = suggestion
        """The whole corrected text or token, if one is likely."""


class NotSyntax(Refused):
    """The text is not in the language of requirements and commands."""

    code = "syntax"


class UnknownName(Refused):
    code = "unknown-name"


class AmbiguousName(Refused):
    code = "ambiguous-name"


class ImpossibleCount(Refused):
    code = "impossible-count"


class NotFound(QuorateError):
    code = "not-found"


class NotPossible(QuorateError):
    """Well-formed, but it cannot be done in the present state (no stream, already ended)."""

    code = "not-possible"


class Misconfigured(QuorateError):
    """The installation is at fault: ports, files, certificates, configuration."""

    code = "misconfigured"


def place_of(error: BaseException) -> str:
    """Where it was raised: the log gets no message, which might hold addresses or texts."""
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    return f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where is not None else "?"
