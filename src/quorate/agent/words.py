"""What the agent itself says in the companion's chat; everything else the server says."""

from quorate.errors import Refused

NO_SERVER = "Quorate's server is not running; your chat is not affected. Start it with: quorate up"
NO_SERVER_STATUS = "server not running"
SHORT_HELP = 'For example: meet bob and carol about "release" · who bob · status · cancel Q1 · help'
_DID_YOU_MEAN = "Did you mean"


def refusal(refused: Refused) -> str:
    """A typed line that cannot be understood, with the way to put it right."""
    text = f"{refused.problem} {refused.remedy}"
    if refused.suggestion is None and refused.column in (None, 1):
        return f"{text}\n{SHORT_HELP}"
    if refused.suggestion is None or _DID_YOU_MEAN in text:
        return text
    return f"{text}\n{_DID_YOU_MEAN}: {refused.suggestion}"
