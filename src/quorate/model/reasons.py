"""Stable names for everything Quorate did not do: shown by `explain`, counted, asserted in tests."""

from enum import StrEnum


class Reason(StrEnum):
    # on a stream
    TOO_EARLY = "too-early"  # login not finished
    NO_STREAM = "no-stream"  # the organiser has no open stream
    WAITING_FOR_TRAFFIC = "waiting-for-traffic"  # attached, and nothing has passed that shows a stream
    JOINING = "joining"  # attached in the middle: counts, roster and own address are being learnt
    JOINED_MIDSTREAM = "joined-midstream"  # attached in the middle: who was online is asked, not known
    BLIND = "blind"  # the stream is forwarded only
    FROZEN = "frozen"  # the stream is read but nothing is added
    STREAM_ENDED = "stream-ended"
    RATE_LIMITED = "rate-limited"
    TIMEOUT = "timeout"  # asked, no answer in ask_timeout_s
    NOT_SUBSCRIBED = "not-subscribed"
    PENDING = "pending"  # subscription request not answered yet
    BLOCKED = "blocked"  # the user has blocked them
    UNREACHABLE = "unreachable"  # the contact's server cannot be reached
    STALE = "stale"  # what was known is too old to count
    NEVER_SEEN = "never-seen"
    # why a stream is frozen or blind
    NOT_XMPP = "not-xmpp"
    NOT_WELL_FORMED = "not-well-formed"
    UNKNOWN_NAMESPACE = "unknown-namespace"
    STANZA_TOO_BIG = "stanza-too-big"
    COMPRESSED = "compressed"
    CHANNEL_BINDING = "channel-binding"
    DESYNC = "desync"  # XEP-0198 counts of the two ends do not fit
    SESSION_UNKNOWN = "session-unknown"  # a resume Quorate cannot translate
    JOINED_UNKNOWN = "joined-unknown"  # attached in the middle, and nothing has named the user's address
    INTERNAL_ERROR = "internal-error"
    UPSTREAM_UNREACHABLE = "upstream-unreachable"
    UPSTREAM_SILENT = "upstream-silent"  # connected, and the server says nothing
    UPSTREAM_CERTIFICATE = "upstream-certificate"
    STARTTLS_INJECTION = "starttls-injection"  # the server sent bytes between <proceed/> and TLS
    CLIENT_CERTIFICATE = "client-certificate"  # the server wants one, which cannot pass through a splice
    NO_SERVER_NAME = "no-server-name"  # direct TLS that does not say for which domain
    LOGIN_TIMEOUT = "login-timeout"  # connected for long, and not logged in
    CROWDED_OUT = "crowded-out"  # too many connections of one peer that do not log in
    CLIENT_DISTRUST = "client-distrust"  # the client refused our CA
    # on an activity
    ORGANISER_AWAY = "organiser-away"
    NOT_YET = "not-yet"  # `at TIME` lies ahead
    OUTSIDE_WINDOW = "outside-window"  # not in the hours that were given
    HELD = "held"  # asked for another activity at this moment
    RUNG_ENOUGH = "rung-enough"  # as often in this hour as anybody may be
    QUIET = "quiet"  # in their quiet hours
    DND = "dnd"  # their client says do-not-disturb
    AWAY = "away"
    BUSY = "busy"
    OFFLINE = "offline"
    UNKNOWN = "unknown"
    DECLINED = "declined"
    CONFLICT = "conflict"  # has a conflict of interest
    SILENT = "silent"
    LATER = "later"
    COVERED = "covered"
    CANCELLED = "cancelled"
    DEADLINE = "deadline"
    NOT_NOW = "not-now"  # `now` was asked for and it is not possible now
    NOBODY_CAME = "nobody-came"
    LAST_LEFT = "last-left"
    DONE = "done"  # everybody who reviewed it says that they are through
    ENDED_BY_ORGANISER = "ended-by-organiser"
    IMPOSSIBLE = "impossible"  # too many said no
