"""What process redirect finds missing, before it does anything."""

from dataclasses import replace
from pathlib import Path

import pytest

from quorate.capture.redirect_needs import (
    Surroundings,
    cgroup2_root,
    is_trusted,
    kernel_version,
    lacks,
    look_around,
)

NET_ADMIN, SYS_ADMIN, BPF = 1 << 12, 1 << 21, 1 << 39
GOOD = Surroundings()


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (GOOD, []),
        (replace(GOOD, capabilities=NET_ADMIN | BPF), []),
        (replace(GOOD, capabilities=SYS_ADMIN), []),
        (replace(GOOD, capabilities=NET_ADMIN), ["CAP_BPF and CAP_NET_ADMIN"]),
        (replace(GOOD, capabilities=0), ["CAP_BPF and CAP_NET_ADMIN"]),
        (replace(GOOD, kernel=(5, 10)), ["Linux 5.10, 5.14 is needed"]),
        (replace(GOOD, kernel=(6, 1)), []),
        (replace(GOOD, cgroup2=None), ["cgroup2 is not mounted"]),
        (replace(GOOD, running=False), ["does not run"]),
        (replace(GOOD, trusted=False), ["does not trust Quorate's certificate"]),
        (replace(GOOD, trusted=False, cgroup2=None, running=False), ["cgroup2", "not run", "trust"]),
        (replace(GOOD, supported=False, trusted=False), ["on Linux"]),
    ],
)
def test_all_that_is_missing_is_said_at_once(found: Surroundings, says: list[str]) -> None:
    missing = lacks(found)
    assert len(missing) == len(says)
    for lack, words in zip(missing, says, strict=True):
        assert words in lack.says
        assert lack.remedy


@pytest.mark.parametrize(
    ("release", "version"),
    [("6.1.0-18-amd64", (6, 1)), ("5.14.0", (5, 14)), ("6.18.44-x", (6, 18)), ("plan9", (0, 0))],
)
def test_kernel_versions(release: str, version: tuple[int, int]) -> None:
    assert kernel_version(release) == version


@pytest.mark.parametrize(
    ("mounts", "root"),
    [
        ("cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n", Path("/sys/fs/cgroup")),
        (
            "cgroup /sys/fs/cgroup/cpu cgroup rw 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n",
            Path("/sys/fs/cgroup/unified"),
        ),
        ("proc /proc proc rw 0 0\n", None),
        ("", None),
    ],
)
def test_where_cgroup2_is(mounts: str, root: Path | None) -> None:
    assert cgroup2_root(mounts) == root


def test_trust_means_this_very_certificate(tmp_path: Path) -> None:
    ca, bundle = tmp_path / "ca.pem", tmp_path / "bundle.crt"
    assert not is_trusted(ca, (bundle,))
    ca.write_text("-----BEGIN CERTIFICATE-----\nQUFB\n-----END CERTIFICATE-----\n")
    assert not is_trusted(ca, (bundle,))
    bundle.write_text("-----BEGIN CERTIFICATE-----\nQkJC\n-----END CERTIFICATE-----\n")
    assert not is_trusted(ca, (bundle,))
    bundle.write_text(bundle.read_text() + ca.read_text())
    assert is_trusted(ca, (tmp_path / "absent", bundle))


def test_a_directory_without_quorate_runs_and_trusts_nothing(tmp_path: Path) -> None:
    found = look_around(tmp_path)
    assert (found.running, found.trusted) == (False, False)
    assert found.kernel > (2, 6)
