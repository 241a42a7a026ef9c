"""The lives of an activity and of an invitation, as tables; whatever is absent is illegal.

Drawn in docs/activity.md by script/draw_states.py. The tables say what may follow what; ringing.py and
ending.py decide when for activities, answering.py and sending.py for invitations.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from quorate.model.activity import ActivityState as A
from quorate.model.activity import InvitationState as I


class Move(StrEnum):
    """What can happen to an activity as a whole."""

    RING = "ring"  # everybody needed can be asked now, or is being asked
    FALL_BACK = "fall-back"  # not any more
    MET = "met"  # enough said yes and the organiser is there
    CANCEL = "cancel"  # by the organiser
    DEADLINE = "deadline"
    FAIL = "fail"  # `now` is not possible now, or too many said no
    LAST_LEFT = "last-left"
    NOBODY_CAME = "nobody-came"
    DONE = "done"  # a review is through


class Turned(StrEnum):
    """What can happen to an invitation."""

    SENT = "sent"
    UNSENDABLE = "unsendable"
    YES = "yes"
    NO = "no"
    LATER = "in a while"
    SILENCE = "silence"
    WITHDRAW = "withdraw"


TRANSITIONS: Final[Mapping[tuple[A, Move], A]] = {
    (A.WAITING, Move.RING): A.RINGING,
    (A.WAITING, Move.MET): A.LIVE,
    (A.WAITING, Move.CANCEL): A.CANCELLED,
    (A.WAITING, Move.DEADLINE): A.EXPIRED,
    (A.WAITING, Move.FAIL): A.FAILED,
    (A.RINGING, Move.FALL_BACK): A.WAITING,
    (A.RINGING, Move.MET): A.LIVE,
    (A.RINGING, Move.CANCEL): A.CANCELLED,
    (A.RINGING, Move.DEADLINE): A.EXPIRED,
    (A.RINGING, Move.FAIL): A.FAILED,
    (A.LIVE, Move.CANCEL): A.ENDED,
    (A.LIVE, Move.LAST_LEFT): A.ENDED,
    (A.LIVE, Move.NOBODY_CAME): A.ENDED,
    (A.LIVE, Move.DONE): A.ENDED,
}

INVITATION_TRANSITIONS: Final[Mapping[tuple[I, Turned], I]] = {
    (I.QUEUED, Turned.SENT): I.SENT,
    (I.QUEUED, Turned.UNSENDABLE): I.SILENT,
    (I.QUEUED, Turned.SILENCE): I.SILENT,
    (I.QUEUED, Turned.WITHDRAW): I.WITHDRAWN,
    # An answer can overtake the news that the invitation left.
    (I.QUEUED, Turned.YES): I.ACCEPTED,
    (I.QUEUED, Turned.NO): I.DECLINED,
    (I.QUEUED, Turned.LATER): I.LATER,
    (I.SENT, Turned.YES): I.ACCEPTED,
    (I.SENT, Turned.NO): I.DECLINED,
    (I.SENT, Turned.LATER): I.LATER,
    (I.SENT, Turned.SILENCE): I.SILENT,
    (I.SENT, Turned.UNSENDABLE): I.SILENT,
    (I.SENT, Turned.WITHDRAW): I.WITHDRAWN,
    # Asked whether they are still there.
    (I.ACCEPTED, Turned.YES): I.ACCEPTED,
    (I.ACCEPTED, Turned.SILENCE): I.SILENT,
    # Others are asked instead.
    (I.ACCEPTED, Turned.WITHDRAW): I.WITHDRAWN,
    # People change their minds.
    (I.ACCEPTED, Turned.NO): I.DECLINED,
    (I.ACCEPTED, Turned.LATER): I.LATER,
    (I.DECLINED, Turned.YES): I.ACCEPTED,
    (I.DECLINED, Turned.LATER): I.LATER,
    (I.LATER, Turned.YES): I.ACCEPTED,
    (I.LATER, Turned.NO): I.DECLINED,
    (I.LATER, Turned.LATER): I.LATER,
    (I.LATER, Turned.WITHDRAW): I.WITHDRAWN,
    (I.SILENT, Turned.YES): I.ACCEPTED,
    (I.SILENT, Turned.NO): I.DECLINED,
    (I.SILENT, Turned.LATER): I.LATER,
    (I.WITHDRAWN, Turned.YES): I.ACCEPTED,
    (I.WITHDRAWN, Turned.NO): I.DECLINED,
    (I.WITHDRAWN, Turned.LATER): I.LATER,
}
