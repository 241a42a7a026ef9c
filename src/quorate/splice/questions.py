"""The questions about contacts that are open on one stream. Most may have to wait: so many leave a second."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from quorate.model.address import Jid
from quorate.wire.xmpp.iq import LastAnswer

NEVER = float("inf")


@dataclass(eq=False)
class Question:
    contact: Jid
    requests: list[str]
    until: float
    """Waiting: when it is given up. Sent: when the answer is due."""
    sent: bool = False
    probed: bool = False
    heard: bool = False
    """Presence of the contact came after the question left: the answer, whatever the other half says."""
    last_id: str | None = None
    last: LastAnswer | None = None


class Questions:
    """One for each contact. Hundreds may wait, and every stanza asks what is due: nothing here walks all."""

    def __init__(self) -> None:
        self._open: dict[Jid, Question] = {}
        self._unsent: deque[Question] = deque()
        """In the order they were asked, with some that are over or have left."""
        self.due = NEVER
        """When one of them may be overdue: too early is possible."""

    def __len__(self) -> int:
        return len(self._open)

    def __contains__(self, contact: Jid) -> bool:
        return contact in self._open

    def __iter__(self) -> Iterator[Question]:
        """All as they are now, whatever becomes of them meanwhile."""
        return iter(list(self._open.values()))

    def find(self, contact: Jid) -> Question | None:
        return self._open.get(contact)

    def add(self, contact: Jid, requests: list[str], until: float) -> None:
        question = self._open[contact] = Question(contact, requests, until)
        self._unsent.append(question)
        self.due = min(self.due, until)

    def give(self, question: Question, until: float) -> None:
        """Its time is over then, not when it was before."""
        question.until = until
        self.due = min(self.due, until)

    def end(self, question: Question) -> None:
        self._open.pop(question.contact, None)

    @property
    def next_unsent(self) -> Question | None:
        """The one that waits longest."""
        while self._unsent:
            first = self._unsent[0]
            if not first.sent and self._open.get(first.contact) is first:
                return first
            self._unsent.popleft()
        return None

    def overdue(self, now: float) -> list[Question]:
        if now < self.due:
            return []
        late = [question for question in self._open.values() if question.until <= now]
        self.due = min((q.until for q in self._open.values() if q.until > now), default=NEVER)
        return late
