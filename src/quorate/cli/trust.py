"""`quorate ca`: the certificate clients must trust to talk to the listener."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from quorate.cli.client import default_data, find_server
from quorate.errors import Misconfigured, NotPossible

FILE = "quorate-local-ca"


@dataclass(frozen=True)
class TrustStore:
    """Where a system keeps certificates its users added, and the command that makes them count."""

    folder: Path
    suffix: str
    refresh: tuple[str, ...]

    @property
    def path(self) -> Path:
        return self.folder / f"{FILE}{self.suffix}"


STORES = (
    TrustStore(Path("/usr/local/share/ca-certificates"), ".crt", ("update-ca-certificates",)),
    TrustStore(Path("/etc/pki/ca-trust/source/anchors"), ".pem", ("update-ca-trust", "extract")),
    TrustStore(Path("/etc/ca-certificates/trust-source/anchors"), ".crt", ("trust", "extract-compat")),
)


def ca(
    print_: Annotated[bool, typer.Option("--print", help="Print the certificate (PEM).")] = False,
    install: Annotated[bool, typer.Option("--install", help="Make this machine trust it.")] = False,
    forget: Annotated[
        bool, typer.Option("--forget", help="Untrust and delete it; the next start makes a new one.")
    ] = False,
    data: Annotated[Path | None, typer.Option("--data", help="The data directory.")] = None,
) -> None:
    """Print, trust or forget the certificate of this Quorate. With --route it is for those domains."""
    if print_ + install + forget != 1:
        raise typer.BadParameter("give exactly one of --print, --install, --forget.")
    home = data or default_data()
    if forget:
        _forget(home)
        return
    certificate = home / "ca.pem"
    if not certificate.is_file():
        raise NotPossible(
            f"There is no certificate in {home} yet.", remedy="It is made by the first `quorate up`."
        )
    if print_:
        typer.echo(certificate.read_text(), nl=False)
    else:
        _install(certificate)


def _system_store() -> TrustStore:
    for store in STORES:
        if store.folder.is_dir() and shutil.which(store.refresh[0]):
            return store
    raise Misconfigured(
        "Quorate does not know where this system keeps trusted certificates.",
        remedy="Add the output of `quorate ca --print` to your client's or system's certificates by hand.",
    )


def _install(certificate: Path) -> None:
    store = _system_store()
    commands = f"sudo cp {certificate} {store.path} && sudo {' '.join(store.refresh)}"
    try:
        shutil.copyfile(certificate, store.path)
    except PermissionError as error:
        raise Misconfigured("Only an administrator may do that.", remedy=f"Run: {commands}") from error
    _refresh(store)
    typer.echo(f"Trusted on this machine ({store.path}). Restart your client. Undo: quorate ca --forget")


def _refresh(store: TrustStore) -> None:
    done = subprocess.run(store.refresh, stdout=sys.stderr, check=False)
    if done.returncode != 0:
        raise Misconfigured(f"`{' '.join(store.refresh)}` failed.", remedy="See its message above.")


def _forget(home: Path) -> None:
    from quorate.server.agent_process import running_agent

    if find_server(home) is not None or running_agent(home) is not None:
        raise NotPossible("Quorate is running with this certificate.", remedy="Stop it first: quorate down")
    for store in STORES:
        if store.path.is_file() and shutil.which(store.refresh[0]):
            if not os.access(store.folder, os.W_OK):
                raise Misconfigured(
                    "Only an administrator may untrust it.",
                    remedy=f"Run: sudo rm {store.path} && sudo {' '.join(store.refresh)}, then this again.",
                )
            store.path.unlink()
            _refresh(store)
    keys = home / "keys"
    leaves = (keys / "leaves").glob("*.pem")
    paths = [path for path in (home / "ca.pem", keys / "ca.key", *leaves) if path.exists()]
    for path in paths:
        path.unlink()
    was = "Forgotten." if paths else f"There was none in {home}."
    typer.echo(f"{was} The next start makes a new certificate.")


def add_to(app: typer.Typer) -> None:
    app.command()(ca)
