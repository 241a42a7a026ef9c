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


def test_every_test_the_engine_page_names_exists() -> None:
    """``file``: names of tests or stories, separated by commas; several files by a dot in the middle."""
    text = (ROOT / "docs" / "engine.md").read_text(encoding="utf-8")
    cells = [row.split(" | ")[1].rstrip(" |") for row in text.splitlines() if " | `tests/" in row]
    assert len(cells) > 30
    for one in (one for cell in cells for one in cell.split(" · ")):
        file, _, names = one.partition(": ")
        source = (ROOT / file.strip("`")).read_text(encoding="utf-8")
        rest = names
        while rest:
            known = [name for name in _names_in(source) if rest == name or rest.startswith(f"{name}, ")]
            assert known, f"{file} has no {rest!r}"
            rest = rest[len(max(known, key=len)) + 2 :]


def _names_in(source: str) -> list[str]:
    return re.findall(r"def (\w+)\(", source) + re.findall(r'^    "([^"]+)": ', source, re.MULTILINE)


def test_every_test_the_xmpp_page_names_exists() -> None:
    """By its whole name, or by how it begins and ``…``."""
    text = (ROOT / "docs" / "xmpp.md").read_text(encoding="utf-8")
    named = re.findall(r"\b(test_\w+)\b(…?)(?!\w*\.py)", text)
    assert len(named) > 100
    known = {
        name for file in (ROOT / "tests").rglob("test_*.py") for name in _names_in(file.read_text("utf-8"))
    }
    missing = {
        name
        for name, more in named
        if name not in known and not (more and any(k.startswith(name) for k in known))
    }
    assert not missing
