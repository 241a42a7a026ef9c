"""Runs one target until it fails or the time is over: ``script/fuzz TARGET [SECONDS]``.

With atheris installed the search is guided by coverage; new inputs are kept in a folder of their own.
"""

import sys
import tempfile
import time

SECONDS = 300


def main(words: list[str]) -> int:
    from tests.fuzz.mutate import CORPUS
    from tests.fuzz.targets import TARGETS

    if not words or words[0] not in TARGETS:
        sys.stderr.write(f"Which one? {' '.join(TARGETS)}\n")
        return 2
    name, seconds = words[0], int(words[1]) if len(words) > 1 else SECONDS
    try:
        import atheris
    except ImportError:
        return _by_chance(name, seconds)
    found = tempfile.mkdtemp(prefix=f"quorate-fuzz-{name}-")
    options = [f"-max_total_time={seconds}", "-max_len=2048", "-timeout=10", f"-artifact_prefix={found}/"]
    atheris.Setup([sys.argv[0], *options, found, str(CORPUS / name)], TARGETS[name])
    atheris.Fuzz()
    return 0


def _by_chance(name: str, seconds: int) -> int:
    from tests.fuzz.mutate import corpus, variations
    from tests.fuzz.targets import TARGETS

    end, tried = time.monotonic() + seconds, 0
    for data in variations(corpus(name), time.time_ns()):
        if time.monotonic() > end:
            break
        try:
            TARGETS[name](data)
        except BaseException:
            sys.stderr.write(f"{name} fails with {data!r}\n")
            raise
        tried += 1
    sys.stderr.write(f"{name}: {tried} inputs, none fails\n")
    return 0


if __name__ == "__main__":
    try:
        import atheris
    except ImportError:
        sys.exit(main(sys.argv[1:]))
    with atheris.instrument_imports(include=["quorate"]):
        import tests.fuzz.targets  # noqa: F401
    sys.exit(main(sys.argv[1:]))
