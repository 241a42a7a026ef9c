"""`quorate up`, `down` and `page`: start, stop, and let a browser in."""

import os
import re
from pathlib import Path
from typing import Annotated, Any

import typer

from quorate.cli.client import Api, ServerGone, default_data, find_server, gone
from quorate.cli.ending import end_processes
from quorate.cli.options import DataOption, Json
from quorate.cli.show import as_json
from quorate.errors import Misconfigured, Refused

DOWN_S = 8.0
"""A server that does not answer for so long hangs: a locked database takes 5 s."""

RouteOption = Annotated[
    list[str] | None,
    typer.Option("--route", metavar="DOMAIN=HOST:PORT", help="The server of a domain; else SRV."),
]
TrustOption = Annotated[
    list[Path] | None,
    typer.Option("--trust", metavar="CA.pem", help="Authority to trust beside the system's."),
]
AllowOption = Annotated[
    list[str] | None,
    typer.Option("--allow", metavar="CIDR", help="Who may connect if --im is not loopback."),
]
TransparentOption = Annotated[
    list[str] | None,
    typer.Option(
        "--transparent",
        metavar="HOST:PORT",
        help="Where nftables diverts connections to (`quorate doctor --print-nft`).",
    ),
]


def up(
    data: DataOption = None,
    web: Annotated[
        str | None, typer.Option("--web", metavar="HOST:PORT", help="Where the page is served.")
    ] = None,
    im: Annotated[
        str | None, typer.Option("--im", metavar="HOST:PORT", help="Where IM clients connect.")
    ] = None,
    route: RouteOption = None,
    trust: TrustOption = None,
    allow: AllowOption = None,
    transparent: TransparentOption = None,
    config: Annotated[Path | None, typer.Option("--config", metavar="FILE", help="quorate.toml")] = None,
) -> None:
    """Start Quorate: agent, server and page. Ctrl-C stops them."""
    given: dict[str, Any] = {
        "data": data,
        "web": web,
        "im": im,
        "routes": parse_routes(route or []),
        "trust": tuple(trust or ()),
        "allow": tuple(allow or ()),
        "transparent": tuple(transparent or ()),
    }
    from quorate.agent.options import parse_options
    from quorate.capture.tls import check_trust
    from quorate.server.agent_process import options_for_agent
    from quorate.server.config import CONFIG_NAME, load_settings

    settings = load_settings(config, given)
    # what the agent would refuse is refused before anything is made
    try:
        check_trust(parse_options(options_for_agent(settings)).trust)
    except Misconfigured as error:
        raise _in_its_place(error, given, config or settings.data / CONFIG_NAME) from error
    from quorate.server.main import run_server

    run_server(settings)


def _in_its_place(error: Misconfigured, given: dict[str, Any], path: Path) -> Misconfigured:
    """Everything reaches the agent as an option; what stands in the file is to be corrected there."""
    found = _FROM.search(error.problem)
    if found is None:
        return error
    setting, domain = _SETTINGS[found["option"]], found["domain"]
    typed = domain.lower() in given["routes"] if domain else bool(given[setting])
    if typed:
        return error
    where = f"[routes] {domain}" if domain else setting
    problem = _FROM.sub(f"(from {where})", error.problem)
    return Misconfigured(f"{path}: {problem}", remedy=f"Write there for example {_EXAMPLES[setting]}")


_FROM = re.compile(r"\(from --(?P<option>trust|route|allow)(?: (?P<domain>[^=)]+)=)?\)")
_SETTINGS = {"trust": "trust", "route": "routes", "allow": "allow"}
_EXAMPLES = {
    "trust": 'trust = ["/etc/ssl/our-ca.pem"]: a PEM file with the certificate of the authority to trust.',
    "routes": '"example.org" = "im.example.org:5222" below [routes].',
    "allow": 'allow = ["192.168.1.0/24"].',
}


def parse_routes(items: list[str]) -> dict[str, list[str]]:
    """``["example.org=127.0.0.1:5222"]`` to a map; raises Refused."""
    routes: dict[str, list[str]] = {}
    for item in items:
        domain, equals, target = (part.strip() for part in item.partition("="))
        host, colon, port = target.rpartition(":")
        if not (domain and equals and host and colon and port.isdecimal()):
            raise Refused(
                f"“{item}” is not DOMAIN=HOST:PORT.",
                remedy="For example: --route example.org=im.example.org:5222",
            )
        routes.setdefault(domain.lower(), []).append(target)
    return routes


def down(data: DataOption = None) -> None:
    """Stop a running Quorate, agent and server, also if it hangs."""
    server = find_server(data)
    try:
        if server is None:
            raise gone(data)
        Api(server, timeout_s=DOWN_S).post("/down")
    except ServerGone:
        done = [] if os.environ.get("QUORATE_URL") else end_processes(data or default_data())
        if not done:
            raise
        typer.echo("\n".join(done))
        return
    typer.echo(
        "Stopping. The contact “Quorate” leaves your clients; they reconnect once you point them back."
    )


def page(json: Json = False) -> None:
    """Print a link that lets a browser in. It works once, for ten minutes."""
    link = Api().post("/enter-keys")
    if json:
        as_json(link)
    else:
        typer.echo(link["url"])


def add_to(app: typer.Typer) -> None:
    app.command()(up)
    app.command()(down)
    app.command()(page)
