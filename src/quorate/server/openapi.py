"""Prints the OpenAPI document, for the page's types: ``python -m quorate.server.openapi``."""

import json
import sys

from quorate.server.app import openapi_document


def main() -> None:
    """The same bytes for the same code, whatever the machine."""
    json.dump(openapi_document(), sys.stdout, indent=2, ensure_ascii=False, sort_keys=True)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
