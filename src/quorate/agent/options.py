"""What the agent is started with. ``quorate up`` starts it; by hand it is ``python -m quorate.agent``."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from quorate.capture.destination import parse_ports
from quorate.capture.listener import Bind, check_bind, parse_networks
from quorate.capture.routes import Route, parse_host_port, parse_route

DEFAULT_IM = "127.0.0.1:5221"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    data: Path
    bind: Bind
    routes: tuple[Route, ...] = ()
    trust: tuple[Path, ...] = ()
    ask_timeout_s: float = 3.0


def parse_options(arguments: Sequence[str]) -> Options:
    """Raises Misconfigured for values, SystemExit(2) for usage."""
    parser = argparse.ArgumentParser(prog="python -m quorate.agent", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="directory of keys and link")
    parser.add_argument("--im", default=DEFAULT_IM, metavar="HOST:PORT", help="where IM clients connect")
    parser.add_argument("--route", action="append", default=[], metavar="DOMAIN=HOST:PORT")
    parser.add_argument("--trust", action="append", default=[], type=Path, metavar="CA.pem")
    parser.add_argument("--allow", action="append", default=[], metavar="CIDR")
    parser.add_argument("--im-port", action="append", default=[], metavar="PORT", help="where a proxy may go")
    parser.add_argument("--im-public", default="", metavar="HOST:PORT", help="as clients reach --im")
    parser.add_argument(
        "--transparent", action="append", default=[], metavar="HOST:PORT", help="where nftables diverts to"
    )
    parser.add_argument("--ask-timeout", type=float, default=3.0, metavar="SECONDS")
    given = parser.parse_args(arguments)
    host, port = parse_host_port(given.im, "--im")
    if given.im_public:
        parse_host_port(given.im_public, "--im-public")
    bind = Bind(
        host,
        port,
        parse_networks(given.allow),
        parse_ports(given.im_port),
        given.im_public,
        tuple(parse_host_port(text, "--transparent") for text in given.transparent),
    )
    check_bind(bind)
    return Options(
        data=given.data,
        bind=bind,
        routes=tuple(parse_route(text) for text in given.route),
        trust=tuple(given.trust),
        ask_timeout_s=given.ask_timeout,
    )
