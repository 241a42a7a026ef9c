import stat
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.errors import Misconfigured
from quorate.rooms.tokens import TOKEN_LENGTH, Holder, Links, load_key, token_hash

KEY = b"k" * 32


class Ledger:
    """A store that is a dict."""

    def __init__(self) -> None:
        self.rows: dict[str, Holder] = {}

    def issue(self, activity: str, person: str, token_hash: str, expires: datetime | None) -> None:
        self.rows[token_hash] = Holder(activity=activity, person=person)

    def find(self, token_hash: str) -> Holder | None:
        return self.rows.get(token_hash)

    def revoke(self, activity: str, person: str | None) -> None:
        for hash_, row in self.rows.items():
            if row.activity == activity and person in (None, row.person):
                self.rows[hash_] = Holder(activity=row.activity, person=row.person, revoked=True)


def make(ledger: Ledger | None = None, key: bytes = KEY) -> Links:
    return Links(key, ledger or Ledger(), "https://q.example/")


def token_of(url: str) -> str:
    return url.rpartition("/")[2]


def test_a_link_is_the_public_url_and_a_token_of_24_characters() -> None:
    url = make().url("Q1", "bob")
    assert url.startswith("https://q.example/r/")
    assert len(token_of(url)) == TOKEN_LENGTH == 24


def test_the_same_link_is_made_again_after_a_restart_though_only_its_hash_was_kept() -> None:
    ledger = Ledger()
    before = make(ledger).url("Q1", "bob")
    assert make(ledger).url("Q1", "bob") == before
    assert list(ledger.rows) == [token_hash(token_of(before))]
    assert token_of(before) not in str(ledger.rows)


@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), unique=True, max_size=8))
def test_no_two_people_or_activities_share_a_link(pairs: list[tuple[str, str]]) -> None:
    links = make()
    assert len({links.url(activity, person) for activity, person in pairs}) == len(pairs)


def test_another_installation_makes_other_links() -> None:
    assert make().url("Q1", "bob") != make(key=b"x" * 32).url("Q1", "bob")


def test_a_revoked_link_stays_known_and_the_next_one_differs() -> None:
    links = make()
    bob, carol = links.token("Q1", "bob"), links.token("Q1", "carol")
    links.revoke("Q1", "bob")
    assert links.holder(bob) == Holder(activity="Q1", person="bob", revoked=True)
    assert links.holder(carol) == Holder(activity="Q1", person="carol")
    again = links.token("Q1", "bob")
    assert again != bob
    assert links.holder(again) == Holder(activity="Q1", person="bob")


def test_revoking_an_activity_revokes_everybody_in_it_only() -> None:
    links = make()
    tokens = [links.token("Q1", "bob"), links.token("Q1", "carol"), links.token("Q2", "bob")]
    links.revoke("Q1")
    assert [h.revoked for t in tokens if (h := links.holder(t))] == [True, True, False]


@given(st.text(max_size=60))
def test_what_was_never_given_out_is_nobodys(token: str) -> None:
    links = make()
    links.url("Q1", "bob")
    assert links.holder(token) is None


def test_the_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "room.key"
    key = load_key(path)
    assert len(key) == 32
    assert load_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["room.key"]


def test_a_damaged_key_is_named_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "room.key"
    path.write_bytes(b"short")
    with pytest.raises(Misconfigured, match=r"room\.key is damaged.*Delete the file"):
        load_key(path)


def test_a_key_that_cannot_be_made_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file where the directory should be")
    with pytest.raises(Misconfigured, match="cannot be read or made"):
        load_key(tmp_path / "keys" / "room.key")
