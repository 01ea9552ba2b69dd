#!/bin/sh
# Makes what Hadir needs on a bare Debian 13 or Ubuntu 24.04 with git, make and python3.
#   setup.sh env     the Python environment (.venv) and the built phone
#   setup.sh tests   the above, the test tools and a Chromium
# As root it installs what is missing from the distribution; otherwise it names it in one line and stops.
# Each step leaves a stamp in .make/ that holds what it was made from; a step whose stamp fits is skipped.
set -eu
cd "$(dirname "$0")/.."
mkdir -p .make

say() { printf 'hadir: %s\n' "$*" >&2; }
stop() { say "$*"; exit 1; }
fits() { [ -f ".make/$1" ] && [ "$(cat ".make/$1")" = "$2" ]; }
digest() { cat "$@" | sha256sum | cut -c1-64; }

# Install distribution packages as root, or name them and stop. One call at a time: another may run beside.
packages() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || stop "please install: $*  (as root: apt-get install $*)"
    say "installing $*"
    exec 9>.make/apt.lock
    flock 9
    for try in 1 2; do
        apt-get update -qq >/dev/null 2>&1 9>&- || true
        if DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >.make/apt.log 2>&1 9>&-; then
            exec 9>&-
            return
        fi
        say "that did not work (try $try), see .make/apt.log"
    done
    stop "could not install: $*"
}

# Says where this Python really is, if it is new enough and can make a venv.
PROBE='
import os, sys, ensurepip, venv
if sys.version_info >= (3, 11): print(os.path.realpath(sys.executable))'

# Microseconds of a fixed piece of work, the best of four. A build says little about itself (Debian's sysconfig describes
# another build than the program's), and one without profile-guided optimisation is nearly half as fast: so we time it.
STOPWATCH='
import time
def work():
    counts = {}
    for number in range(20000):
        counts[number % 977] = counts.get(number % 977, 0) + len(str(number))
def timed():
    begun = time.process_time(); work(); return time.process_time() - begun
print(round(min(timed() for _ in range(4)) * 1000000))'

# The fastest Python here; the default one, unless another is a tenth faster. They are timed in turn, ten times, and the
# best of each counts: a machine that is busy for a moment slows a turn of all, and not the one that happens to run.
find_python() {
    found=$(for python in python3 /usr/bin/python3 python3.13 /usr/bin/python3.13 python3.12 /usr/bin/python3.12 python3.11 /usr/bin/python3.11; do
        "$python" -c "$PROBE" 2>/dev/null || true
    done | awk '!seen[$0]++')
    for turn in 1 2 3 4 5 6 7 8 9 10; do
        for python in $found; do printf '%s %s\n' "$("$python" -c "$STOPWATCH")" "$python"; done
    done | awk '
        !($2 in best) { place[++count] = $2; best[$2] = $1 }
        $1 < best[$2] { best[$2] = $1 }
        END {
            chosen = place[1]
            for (other = 2; other <= count; other++) if (best[place[other]] < 0.9 * best[chosen]) chosen = place[other]
            print chosen
        }'
}

wanted_venv() { printf '%s' "$(digest requirements/build.txt "requirements/$1.txt" pyproject.toml rehearsal/pyproject.toml src/hadir/__init__.py) $PWD"; }

make_venv() {
    wanted=$(wanted_venv "$1")
    if [ -x .venv/bin/hadir ]; then
        fits "venv-$1" "$wanted" && return
        fits venv-dev "$(wanted_venv dev)" && return  # in it is all that runs, in the same versions
    fi
    if [ ! -x .venv/bin/pip ]; then
        python=$(find_python)
        [ -n "$python" ] || { packages python3 python3-venv; python=$(find_python); }
        [ -n "$python" ] || stop "Python 3.11 or newer is needed"
        say "making .venv with $("$python" -c 'import sys; print(sys.executable, sys.version.split()[0])'), the fastest here"
        "$python" -m venv .venv
    fi
    say "installing Python packages ($1)"
    .venv/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements/build.txt -r "requirements/$1.txt"
    .venv/bin/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . -e rehearsal
    printf '%s' "$wanted" >".make/venv-$1"
}

# Vite needs Node 20.19 or newer, which not every distribution has; PyPI carries one, pinned by hash.
find_node() {
    if command -v npm >/dev/null && node -e 'const [a,b]=process.versions.node.split(".").map(Number); process.exit(a>22||(a==22&&b>=12)||(a==20&&b>=19)?0:1)' 2>/dev/null; then return; fi
    if [ ! -x .venv/bin/node ]; then
        say "installing Node into .venv"
        .venv/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements/node.txt
    fi
    PATH="$PWD/.venv/bin:$PATH"
    export PATH
}

npm_packages() {
    wanted="$(digest phone/package-lock.json) $PWD"
    fits npm "$wanted" && [ -d phone/node_modules ] && return
    find_node
    say "installing the phone's packages"
    (cd phone && npm ci --silent --ignore-scripts --no-audit --no-fund)
    printf '%s' "$wanted" >.make/npm
}

build_phone() {
    built_from=$(find src/hadir/__init__.py src/hadir/web/static phone/src phone/public phone/index.html phone/package-lock.json phone/*.ts phone/tsconfig.json -type f | LC_ALL=C sort | xargs cat | sha256sum | cut -c1-64)
    fits phone "$built_from" && [ -f phone/dist/index.html ] && return
    npm_packages
    find_node
    say "building the phone"
    (cd phone && npm run --silent build >&2)
    printf '%s' "$built_from" >.make/phone
}

have() { command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ]; }

have_chromium() {
    for browser in chromium chromium-browser google-chrome; do
        if command -v "$browser" >/dev/null && "$browser" --version >/dev/null 2>&1; then return; fi
    done
    return 1
}

# What the tests need of the distribution and this machine lacks, in one line.
# Some fault tests make system calls fail: without a tracer they say so and are skipped outside CI. So are, elsewhere than
# in CI, the tests that need the load generator's compiler or the proxy.
lacking() {
    have_chromium || printf ' chromium'
    if [ "$(id -u)" = 0 ] || [ "${CI:-}" = true ]; then have strace || printf ' strace'; fi
    [ "${CI:-}" = true ] || return 0
    if ! have gcc || [ ! -f /usr/include/openssl/evp.h ]; then printf ' gcc libc6-dev libssl-dev'; fi
    have nginx || printf ' nginx-light'
    if ! have curl || ! have openssl; then printf ' curl openssl'; fi
    have ip || printf ' iproute2'
}

# Beside the rest: packages of the distribution take minutes on a bare machine, and nothing here waits for them.
make_tests() {
    lacks=$(lacking)
    [ -z "$lacks" ] || packages $lacks &
    case "$lacks" in *strace*) ;; *) have strace || say "strace is missing: the system call sweep is skipped" ;; esac
    make_venv dev; npm_packages; build_phone; find_node
    [ -z "$lacks" ] || wait $!
}

case "${1:-}" in
    env) make_venv run; build_phone ;;
    tests) make_tests ;;
    *) stop "usage: setup.sh env | tests" ;;
esac
