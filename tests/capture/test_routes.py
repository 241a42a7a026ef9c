import contextlib
import random
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.capture.routes import (
    MAX_REDIRECTS,
    REDIRECT_S,
    Candidate,
    Route,
    Routes,
    SrvRecord,
    parse_host_port,
    parse_route,
)
from quorate.errors import Misconfigured

PLAIN, DIRECT = "_xmpp-client._tcp.example.org.", "_xmpps-client._tcp.example.org."


class Answers:
    """A resolver that knows a few names; ``asked`` are those it was asked for."""

    def __init__(self, known: dict[str, list[SrvRecord]] | None = None) -> None:
        self.known = known or {}
        self.asked: list[str] = []

    async def srv(self, name: str) -> Sequence[SrvRecord] | None:
        self.asked.append(name)
        return self.known.get(name)


@pytest.mark.parametrize(
    ("text", "route"),
    [
        ("example.org=127.0.0.1:5222", Route("example.org", "127.0.0.1", 5222)),
        (" Example.ORG.=im.example.org:5222 ", Route("example.org", "im.example.org", 5222)),
        ("example.org=[::1]:5222", Route("example.org", "::1", 5222)),
        ("example.org=tls:10.0.0.1:5223", Route("example.org", "10.0.0.1", 5223, True)),
        ("münchen.example=127.0.0.1:1", Route("xn--mnchen-3ya.example", "127.0.0.1", 1)),
    ],
)
def test_routes_are_read(text: str, route: Route) -> None:
    assert parse_route(text) == route


@pytest.mark.parametrize(
    "text",
    ["", "example.org", "=127.0.0.1:1", "a@example.org=h:1", "example.org=host", "example.org=h:99999"],
)
def test_what_is_no_route_is_refused_with_the_right_form(text: str) -> None:
    with pytest.raises(Misconfigured, match="--route") as error:
        parse_route(text)
    assert "Write for example" in error.value.remedy


@given(st.text(max_size=40))
def test_no_text_breaks_the_readers(text: str) -> None:
    for read in (parse_route, lambda t: parse_host_port(t, "--im")):
        with contextlib.suppress(Misconfigured):
            read(text)


async def test_a_route_wins_and_no_name_is_asked() -> None:
    answers = Answers()
    routes = Routes([parse_route("example.org=h:1")], answers)
    assert await routes.candidates("EXAMPLE.org", direct_tls=False) == [Candidate("h", 1)]
    assert await routes.candidates("example.org", direct_tls=True) == [Candidate("h", 1, True)]
    assert answers.asked == []


async def test_a_route_for_direct_tls_is_used_by_those_clients_only() -> None:
    routes = Routes([parse_route("example.org=h:1"), parse_route("example.org=tls:h:2")], Answers())
    assert await routes.candidates("example.org", direct_tls=False) == [Candidate("h", 1)]
    assert await routes.candidates("example.org", direct_tls=True) == [Candidate("h", 2, True)]


@pytest.mark.parametrize(
    ("plain", "direct", "direct_tls", "expected"),
    [
        (None, None, False, [Candidate("example.org", 5222)]),
        (None, None, True, [Candidate("example.org", 5223, True)]),
        ([SrvRecord(5, 0, 5222, "b."), SrvRecord(1, 0, 5222, "a.")], None, False, ["a", "b"]),
        ([SrvRecord(1, 0, 5222, "a.")], [SrvRecord(1, 0, 443, "t.")], False, ["a"]),
        ([SrvRecord(1, 0, 5222, "a.")], [SrvRecord(1, 0, 443, "t.")], True, ["t"]),
        ([SrvRecord(0, 0, 0, ".")], None, False, []),
        ([SrvRecord(0, 0, 0, ".")], [SrvRecord(1, 0, 443, "t.")], False, []),
        ([SrvRecord(1, 0, 5222, "a.")], None, True, []),
    ],
)
async def test_srv_records_decide_without_a_route(
    plain: list[SrvRecord] | None,
    direct: list[SrvRecord] | None,
    direct_tls: bool,
    expected: list[str] | list[Candidate],
) -> None:
    known = {name: records for name, records in ((PLAIN, plain), (DIRECT, direct)) if records is not None}
    found = await Routes([], Answers(known)).candidates("example.org", direct_tls=direct_tls)
    assert [c if isinstance(expected[0], Candidate) else c.host for c in found] == expected
    assert all(c.direct_tls is direct_tls for c in found)


async def test_weights_share_the_load() -> None:
    records = [SrvRecord(1, 90, 1, "big."), SrvRecord(1, 10, 1, "small."), SrvRecord(1, 0, 1, "never.")]
    routes = Routes([], Answers({PLAIN: records}), seed=random.Random(7).randrange(1000))
    first = Counter([(await routes.candidates("example.org", direct_tls=False))[0].host for _ in range(500)])
    assert first["big"] > 380
    assert 20 < first["small"] < 110
    assert first["never"] < 5


def test_a_candidate_is_written_as_host_and_port() -> None:
    assert str(Candidate("::1", 5222)) == "[::1]:5222"
    assert str(Candidate("h", 1)) == "h:1"


async def test_a_redirect_is_tried_first_for_an_hour() -> None:
    now = 1000.0
    routes = Routes([parse_route("example.org=h:1")], Answers(), clock=lambda: now)
    routes.redirect("EXAMPLE.org", "other", 5299)
    elsewhere = [Candidate("other", 5299), Candidate("h", 1)]
    assert await routes.candidates("example.org", direct_tls=False) == elsewhere
    assert await routes.candidates("example.org", direct_tls=True) == [
        Candidate("other", 5299, True),
        Candidate("h", 1, True),
    ]
    now += REDIRECT_S - 1
    assert await routes.candidates("example.org", direct_tls=False) == elsewhere
    now += 2
    assert await routes.candidates("example.org", direct_tls=False) == [Candidate("h", 1)]


async def test_a_redirect_that_leads_to_somebody_else_is_forgotten() -> None:
    routes = Routes([parse_route("example.org=h:1")], Answers())
    routes.redirect("example.org", "h", 1)
    assert await routes.candidates("example.org", direct_tls=False) == [Candidate("h", 1)]
    routes.redirect("example.org", "other", 1)
    routes.forget_redirect("example.org")
    routes.forget_redirect("never.example")
    assert await routes.candidates("example.org", direct_tls=False) == [Candidate("h", 1)]


async def test_any_number_of_redirects_fills_no_memory() -> None:
    routes = Routes([], Answers())
    for n in range(2 * MAX_REDIRECTS):
        routes.redirect(f"{n}.example", "other", 1)
    assert len(routes._redirects) == MAX_REDIRECTS
