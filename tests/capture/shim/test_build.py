"""How the library comes to be: compiled once, without a warning, or refused in one sentence."""

import subprocess
from pathlib import Path

import pytest

from quorate.capture.shim import build


def test_it_compiles_without_a_warning(tmp_path: Path) -> None:
    build.compile_to(tmp_path / "shim.so", (*build.STRICT, "-O1"))
    assert names_in(tmp_path / "shim.so") == {"connect", "quorate_shim_start", "quorate_shim_loaded"}
    assert names_in(tmp_path / "entry.so") == {"quorate_entry"}


def names_in(library: Path) -> set[str]:
    said = subprocess.run(
        ["nm", "-D", "--defined-only", str(library)], capture_output=True, text=True, check=True
    ).stdout.split()
    return {name for name in said[2::3] if not name.startswith("_")}


def test_it_is_made_once_and_anew_when_its_source_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "caches", lambda: [tmp_path / "cache"])
    made = build.shim(("-O0", "-DONE"))
    assert made.parent == tmp_path / "cache"
    stamp = made.stat().st_mtime_ns
    assert build.shim(("-O0", "-DONE")) == made
    assert made.stat().st_mtime_ns == stamp
    assert build.shim(("-O0", "-DTWO")) != made


def test_without_a_compiler_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "caches", lambda: [tmp_path])
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    with pytest.raises(
        build.NoShim, match=r"^Attaching to clients needs a C compiler .* apt-get install gcc"
    ):
        build.shim(("-DTHREE",))


def test_a_compiler_that_fails_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(build.NoShim, match="could not be compiled") as raised:
        build.compile_to(tmp_path / "shim.so", ("-include", "no-such-header.h"))
    assert raised.value.problem.endswith("no-such-header.h: No such file or directory).")
    assert raised.value.remedy.startswith("Use the IM listener")
    assert not list(tmp_path.iterdir())


def test_nowhere_to_write_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(build, "caches", lambda: [tmp_path / "file" / "below"])
    with pytest.raises(build.NoShim, match="cannot be written"):
        build.shim(("-DFOUR",))
