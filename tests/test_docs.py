"""The docs name everything there is, and nothing that is not."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from quorate.cli.main import app
from quorate.server.config import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "bench/README.md",
]
COMMANDS = sorted(getattr(get_command(app), "commands"))  # noqa: B009
LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_readme(command: str) -> None:
    assert re.search(rf"`(quorate )?{command}\b", README)


def test_every_command_the_docs_show_exists() -> None:
    for page in PAGES:
        shown = re.findall(r"(?:^\s*|`)quorate ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(shown) <= set(COMMANDS), page.name


@pytest.mark.parametrize("setting", sorted(Settings.model_fields))
def test_every_setting_is_in_the_readme(setting: str) -> None:
    assert re.search(
        rf"^\[?{setting}\b|`--{setting}|--{setting.rstrip('s')}\b|--{setting}\b", README, re.MULTILINE
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_between_the_docs_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_every_file_the_architecture_names_exists() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for name in re.findall(r"`([a-z_]+/[a-z_/]+\.(?:py|lark))`", text):
        assert (ROOT / "src" / "quorate" / name).exists(), name
