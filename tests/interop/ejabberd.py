"""A private ejabberd: own ports, own directory, no Erlang distribution; commanded over its standard input.

It starts once and serves house after house, because starting takes seconds: ``furnish`` begins anew.
"""

import asyncio
import base64
import contextlib
import os
import subprocess
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue

from tests.interop.certificates import TestAuthority
from tests.interop.prosody import RosterItem, free_port

START_S = 150.0
ANSWER_S = 60.0
STOP_S = 60.0

_CONFIG = """
hosts: ["{domain}"]
loglevel: {level}
log_rotate_count: 0
certfiles: ["{pem}"]
auth_method: internal
auth_password_format: plain
disable_sasl_mechanisms: ["digest-md5", "X-OAUTH2"]
listen:
  - {{port: {port}, ip: "127.0.0.1", module: ejabberd_c2s, max_stanza_size: 262144, starttls_required: true}}
  - {{port: {tls_port}, ip: "127.0.0.1", module: ejabberd_c2s, max_stanza_size: 262144, tls: true}}
modules:
  mod_blocking: {{}}
  mod_caps: {{}}
  mod_carboncopy: {{}}
  mod_client_state: {{}}
  mod_disco: {{}}
  mod_last: {{}}
  mod_mam: {{default: always, assume_mam_usage: true}}
  mod_muc: {{}}
  mod_offline: {{}}
  mod_ping: {{}}
  mod_privacy: {{}}
  mod_private: {{}}
  mod_pubsub: {{plugins: [flat, pep]}}
  mod_roster: {{versioning: true, store_current_id: true}}
  mod_stream_mgmt: {{resume_timeout: 60, resend_on_timeout: if_offline}}
  mod_time: {{}}
  mod_vcard: {{search: false}}
  mod_version: {{}}
"""

# One line in is an expression whose value is iodata; one line out is that value in Base64.
# The end of the input ends the server: it cannot outlive the tests.
_CONTROL = """
fun Next() ->
    case io:get_line("") of
        eof -> init:stop();
        {error, _} -> init:stop();
        Line ->
            Said = try
                {ok, Tokens, _} = erl_scan:string(Line),
                {ok, Parsed} = erl_parse:parse_exprs(Tokens),
                {value, Value, _} = erl_eval:exprs(Parsed, []),
                ["ok ", base64:encode(iolist_to_binary(Value))]
            catch Class:Why ->
                ["error ", base64:encode(iolist_to_binary(io_lib:format("~p: ~p", [Class, Why])))]
            end,
            io:put_chars(["reply ", Said, "\\n"]),
            Next()
    end
end()."""

_STORED = """
[term_to_binary(mnesia:dirty_match_object(T, mnesia:table_info(T, wild_pattern)))
 || T <- mnesia:system_info(tables), T =/= schema, mnesia:table_info(T, storage_type) =/= ram_copies]."""


def _erl(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'<<"{escaped}"/utf8>>'


@dataclass
class Ejabberd:
    """``start`` once, then ``furnish`` for every house; ended by its process id."""

    home: Path
    authority: TestAuthority
    domain: str = "example.org"
    level: str = "info"
    accounts: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)
    process: "subprocess.Popen[str] | None" = None

    @property
    def log(self) -> list[str]:
        path = self.home / "ejabberd.log"
        return path.read_text(errors="replace").splitlines() if path.exists() else []

    def start(self) -> None:
        """Returns when it listens."""
        self._write()
        self._lines: Queue[str] = Queue()
        self.process = subprocess.Popen(
            self._command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.home,
            env=self._environment(),
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self.evaluate("<<>>.", within_s=START_S)
        except RuntimeError:
            self.stop()
            raise RuntimeError("ejabberd did not start:\n" + "\n".join(self.log[-40:])) from None

    def stop(self) -> None:
        if self.process is None:
            return
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join()
        self.process.stdout.close()
        self.process = None

    async def furnish(self, accounts: Mapping[str, str], rosters: Mapping[str, Iterable[RosterItem]]) -> None:
        """Everybody of before is gone with all that was theirs; these are there now."""
        removed = [f"ejabberd_auth:remove_user({_erl(who)}, {self._host})" for who in self.accounts]
        added = [
            f"ok = ejabberd_auth:try_register({_erl(who)}, {self._host}, {_erl(password)})"
            for who, password in accounts.items()
        ]
        listed = [self._listed(who, item) for who, items in rosters.items() for item in items]
        self.accounts = accounts
        await asyncio.to_thread(self.evaluate, ", ".join([*removed, *added, *listed, "<<>>"]) + ".")

    def evaluate(self, expression: str, within_s: float = ANSWER_S) -> bytes:
        """What this Erlang expression, ended by a full stop, is worth in there."""
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(expression.split()) + "\n")
        self.process.stdin.flush()
        try:
            kind, _, value = self._lines.get(timeout=within_s).partition(" ")
        except Empty:
            raise RuntimeError(f"ejabberd has not answered within {within_s} s") from None
        said = base64.b64decode(value)
        if kind != "ok":
            raise RuntimeError(f"ejabberd: {said.decode(errors='replace') or 'it has ended'}")
        return said

    async def until_lost(self, local: str) -> None:
        """The server has noticed that this user's connection is gone, and keeps the session to be resumed."""
        sids = f"ejabberd_sm:get_session_sids({_erl(local)}, {self._host})"
        state = "case catch maps:get(mgmt_state, sys:get_state(Pid)) of pending -> $p; _ -> $- end"
        states = f"[{state} || {{_, Pid}} <- {sids}]."
        async with asyncio.timeout(ANSWER_S):
            while await asyncio.to_thread(self.evaluate, states) != b"p":
                pass

    async def processes_of(self, local: str) -> bytes:
        """Those that carry this user's sessions: a resumption is a new one."""
        sids = f"ejabberd_sm:get_session_sids({_erl(local)}, {self._host})"
        return await asyncio.to_thread(self.evaluate, f'io_lib:format("~p", [{sids}]).')

    def jid(self, local: str) -> str:
        return f"{local}@{self.domain}"

    def stored_roster(self, local: str) -> str:
        """The server's own roster table: what really is stored there."""
        mine = f"mod_roster:get_roster({_erl(local)}, {self._host})"
        return self.evaluate(f'io_lib:format("~p", [lists:sort({mine})]).').decode()

    def stored_text(self) -> str:
        """Everything the server has stored, as one text, to look for traces."""
        return self.evaluate(_STORED).decode("utf-8", errors="replace")

    @property
    def _host(self) -> str:
        return _erl(self.domain)

    def _listed(self, owner: str, item: RosterItem) -> str:
        """A row of mod_roster's table: the key is owner and contact, ``out`` a request of the owner's."""
        local, _, domain = item.jid.rpartition("@")
        contact = f"{{{_erl(local)}, {_erl(domain)}, <<>>}}"
        us = f"{_erl(owner)}, {self._host}"
        groups = ", ".join(_erl(group) for group in item.groups)
        ask = "out" if item.ask else "none"
        return (
            f"mod_roster:set_roster({{roster, {{{us}, {contact}}}, {{{us}}}, {contact}, {_erl(item.name)}, "
            f"{item.subscription}, {ask}, [{groups}], <<>>, []}})"
        )

    def _read(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("reply "):
                self._lines.put(line.removeprefix("reply ").strip())
        self._lines.put("over")

    def _write(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        certificate, key = self.authority.issue(self.domain, self.home)
        pem = self.home / "server.pem"
        pem.write_bytes(certificate.read_bytes() + key.read_bytes())
        text = _CONFIG.format(
            domain=self.domain, level=self.level, pem=pem, port=self.port, tls_port=self.tls_port
        )
        (self.home / "ejabberd.yml").write_text(text)

    def _command(self) -> list[str]:
        quiet = ["+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none"]  # an idle server takes no CPU
        return [
            *("erl", *quiet, "-noshell", "-boot", "no_dot_erlang", "-start_epmd", "false"),
            *("-mnesia", "dir", f'"{self.home}/spool"', "-s", "ejabberd", "-eval", _CONTROL),
        ]

    def _environment(self) -> dict[str, str]:
        # Debian keeps ejabberd and its libraries in the directory of the machine's architecture
        found = sorted(Path("/usr/lib").glob("*/ejabberd-*"))
        libraries = {"ERL_LIBS": str(found[0].parent)} if found else {}
        return {
            **os.environ,
            **libraries,
            "EJABBERD_CONFIG_PATH": str(self.home / "ejabberd.yml"),
            "EJABBERD_LOG_PATH": str(self.home / "ejabberd.log"),
            "ERL_CRASH_DUMP_BYTES": "0",
            "LANG": "C.UTF-8",
        }
