"""quorate.toml: what may stand in it, what wins, and what is said about mistakes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.cli.up import parse_routes
from quorate.errors import Misconfigured
from quorate.server.agent_process import options_for_agent
from quorate.server.config import load_settings, split_endpoint


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("QUORATE_DATA", raising=False)
    monkeypatch.delenv("QUORATE_DATABASE", raising=False)


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "quorate.toml"
    path.write_text(text)
    return path


def test_without_anything_there_are_defaults(tmp_path: Path) -> None:
    settings = load_settings()
    assert settings.data == tmp_path / "home" / "quorate"
    assert (settings.web, settings.im, settings.ring_s) == ("127.0.0.1:8765", "127.0.0.1:5221", 30.0)
    assert settings.url == "http://127.0.0.1:8765"


def test_file_then_environment_then_what_was_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(
        tmp_path,
        'data = "/a"\nring_s = 5\npublic_url = "https://q.example/"\n'
        '[routes]\n"a.org" = "h:1"\n"b.org" = "h:2"\n',
    )
    monkeypatch.setenv("QUORATE_DATA", "/b")
    assert load_settings(path).data == Path("/b")
    settings = load_settings(path, {"data": Path("/c"), "im": None, "routes": {"b.org": "x:9"}})
    assert settings.data == Path("/c")
    assert settings.routes == {"a.org": ("h:1",), "b.org": ("x:9",)}
    assert (settings.ring_s, settings.url) == (5.0, "https://q.example")


def test_the_store_is_a_file_or_a_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings(write(tmp_path, 'data = "/a"')).store == Path("/a")
    path = write(tmp_path, 'data = "/a"\ndatabase = "postgresql://quorate@db/quorate"')
    assert load_settings(path).store == "postgresql://quorate@db/quorate"
    with pytest.raises(Misconfigured, match="postgresql://USER@HOST/NAME"):
        load_settings(write(tmp_path, 'database = "mysql://quorate:secret@db/quorate"'))
    monkeypatch.setenv("QUORATE_DATABASE", "postgres://elsewhere/quorate")
    assert load_settings(path).store == "postgres://elsewhere/quorate"


def test_settings_are_named_as_the_options(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        'im = "127.0.0.1:1"\nroute = ["a.org=h:1", "B.org = h:2"]\ntrust = "ca.pem"\nallow = "10.0.0.0/8"\n',
    )
    settings = load_settings(path, {"routes": {"b.org": "x:9"}})
    assert settings.routes == {"a.org": ("h:1",), "b.org": ("x:9",)}
    assert (settings.im, settings.trust, settings.allow) == (
        "127.0.0.1:1",
        (Path("ca.pem"),),
        ("10.0.0.0/8",),
    )
    assert load_settings(write(tmp_path, 'route = "a.org=h:1"')).routes == {"a.org": ("h:1",)}


def test_a_domain_may_have_a_server_for_each_way_of_tls(tmp_path: Path) -> None:
    both = ("h:1", "tls:h:2")
    for text in (
        'route = ["a.org=h:1", "a.org=tls:h:2"]',
        '[routes]\n"a.org" = ["h:1", "tls:h:2"]',
    ):
        settings = load_settings(write(tmp_path, text))
        assert settings.routes == {"a.org": both}
    assert parse_routes(["a.org=h:1", "A.org=tls:h:2"]) == {"a.org": list(both)}
    words = options_for_agent(settings)
    assert [words[n + 1] for n, word in enumerate(words) if word == "--route"] == [f"a.org={t}" for t in both]


def test_people_and_groups(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        '[people.bob]\nname = "Bob"\naddresses = ["Bob@Example.org"]\n[groups]\ndba = ["raj", "kofi"]\n',
    )
    settings = load_settings(path)
    assert settings.people["bob"].addresses == ("xmpp:bob@example.org",)
    assert settings.groups == {"dba": ("raj", "kofi")}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('route = ["a.org"]', "DOMAIN=HOST:PORT"),
        ("route = 5", "DOMAIN=HOST:PORT"),
        ('route = "=h:1"', "DOMAIN=HOST:PORT"),
        ("rings_s = 3", "Did you mean “ring_s”"),
        ("frobnicate = 3", "Known settings"),
        ('[people.bob]\nadresses = ["a@b.org"]', "addresses"),
        ("[people.bob]\naddresses = []", "people.bob.addresses"),
        ('[people.bob]\naddresses = ["no spaces@b.org"]', "is not an address"),
        ("ring_s = -1", "ring_s"),
        ('web = "localhost"', "HOST:PORT"),
        ('zone = "Mars/Olympus"', "Europe/Berlin"),
        ("ring_s = ", "not valid TOML"),
        ('[groups]\na = ["@b"]\nb = ["kim", "@A"]', "A group cannot be in itself: @a → @b → @a"),
        ('[groups]\na = ["no spaces@b.org"]', "is not an address"),
        ('[groups]\na = "raj"', "“groups.a” is not usable: it is a list, write it in brackets"),
        ('may_disturb = "kim"', "it is a list, write it in brackets"),
        ('ring_s = "soon"', "it is no number"),
        ("rings_per_hour = 1.5", "it is no whole number"),
        ('public_url = "quorate.example.org"', "write one like https://quorate.example.org"),
        ('public_url = "ftp://example.org"', "is no address of a page"),
        ("public_url = 5", "it is a text, write it in quotes"),
        ('people = "raj"', "it is a section, write it as"),
        ('[people.raj]\nname = "Raj"', "“people.raj.addresses” is not usable: it is missing"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(Misconfigured, match=says):
        load_settings(write(tmp_path, text))


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="There is no file"):
        load_settings(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:80", ("127.0.0.1", 80)),
        ("[::1]:0", ("::1", 0)),
        ("host:65536", None),
        (":80", None),
        ("host", None),
        ("host:x", None),
    ],
)
def test_endpoints(text: str, expected: tuple[str, int] | None) -> None:
    if expected is None:
        with pytest.raises(ValueError, match="HOST:PORT"):
            split_endpoint(text)
    else:
        assert split_endpoint(text) == expected


@given(st.text(max_size=200))
def test_any_file_is_settings_or_a_sentence(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("c") / "quorate.toml"
    path.write_text(text, encoding="utf-8", errors="replace")
    try:
        assert load_settings(path).ring_s > 0
    except Misconfigured as error:
        assert error.remedy, error  # noqa: PT017
