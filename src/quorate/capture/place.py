"""Where one of our own faults was, for the log: never what it said."""


def place_of(error: BaseException) -> str:
    """Where it was raised: the log gets no message, which might hold addresses or texts."""
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    return f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where is not None else "?"
