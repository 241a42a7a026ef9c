"""A file of JSON in the data directory: whole or not at all, and the user's alone from its first byte."""

import json
import os
from pathlib import Path


def write_private(path: Path, content: object) -> None:
    """Raises OSError."""
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file)
    part.replace(path)
