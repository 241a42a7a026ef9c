from quorate.model.reasons import Reason


def reason_text(reason: Reason) -> str:
    return reason.value.replace("-", " ")
