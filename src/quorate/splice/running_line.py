"""The line that tells how one thing stands, edited in place where the client can show that (XEP-0308).

Only the last message of the chat is edited, and only for a while: what stands further up nobody looks at.
Each once: of a second correction some clients (profanity 0.13) want the id of the first one, others that of
the message itself, and what they do not find they drop.
Whether the client can is asked of the client itself (XEP-0030), once on each stream.
"""

from collections.abc import Iterable
from typing import Final

CORRECTION: Final = "urn:xmpp:message-correct:0"
EDITED_FOR_S: Final = 600.0
"""Later a new message says it: someone has to notice."""
MAX_TEXT: Final = 2000


class RunningLine:
    def __init__(self) -> None:
        self.asked: str | None = None
        """Id of the question what the client can."""
        self._can = False
        self._of: str | None = None
        self._id, self._text, self._since = "", "", 0.0

    def answered(self, features: Iterable[str]) -> None:
        """What the client says of itself; an error names none."""
        self._can = CORRECTION in features

    def interrupted(self) -> None:
        """Something else was said in the chat: the next line is a message of its own."""
        self._of = None

    def leaves(
        self, id: str, of: str | None, text: str, now: float, *, besides: bool
    ) -> tuple[str, str | None]:
        """The body of a message that leaves with this id, and the id of the one it replaces.

        ``of``: whose standing it tells, None if nobody's. ``besides``: it is added below what was said of it.
        """
        whole = f"{self._text}\n{text}" if besides else text
        edits = self._can and of is not None and of == self._of and len(whole) <= MAX_TEXT
        if edits and now - self._since < EDITED_FOR_S:
            self._of = None
            return whole, self._id
        self._of, self._id, self._text, self._since = of, id, text, now
        return text, None
