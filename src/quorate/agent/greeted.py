"""Which own addresses the companion has introduced itself to, as digests, in DIR/greeted.json."""

import hashlib
import json
import logging
import os
from pathlib import Path

from quorate.model.address import Address

log = logging.getLogger(__name__)


class Greeted:
    def __init__(self, data: Path) -> None:
        self._path = data / "greeted.json"
        self._digests = self._read()

    def first_time(self, own: Address) -> bool:
        """True once for each address, also across restarts."""
        digest = hashlib.sha256(str(own).encode()).hexdigest()
        if digest in self._digests:
            return False
        self._digests.add(digest)
        self._write()
        return True

    def _read(self) -> set[str]:
        try:
            found = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return set()
        return {text for text in found if isinstance(text, str)} if isinstance(found, list) else set()

    def _write(self) -> None:
        part = self._path.with_suffix(".part")
        try:
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump(sorted(self._digests), file)
            part.replace(self._path)
        except OSError as error:
            log.warning("greetings not kept error=%s", error.strerror)
