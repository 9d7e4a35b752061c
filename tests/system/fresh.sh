#!/usr/bin/env bash
# Proves: the README's two commands work on a Debian 12 and a Debian 13 that hold nothing but git and python3, as root
# without sudo, from a clone of what stands in this checkout, and leave nothing behind in it but .venv.
# Cannot: speak for the arm64 packages of Raspberry Pi OS, nor for a network slower or stricter than this one's.
# Takes about 4 minutes a release. Arguments: the releases (default: bookworm trixie). Needs mmdebstrap.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd -P)
# shellcheck source=tests/system/lib/root.sh
. "$here/tests/system/lib/root.sh"

# in_clone COMMAND...: runs it in the new machine's clone and says how long it took.
in_clone() {
    local begin=$SECONDS
    printf -- '--- %s: %s\n' "$release" "$*"
    in_root "$root" /bin/sh -c "cd /clone && $*" </dev/null
    printf -- '--- %s: %s: %d s\n' "$release" "$*" "$((SECONDS - begin))"
}

try_release() {
    release=$1
    root=$workplace/$release
    debian_root "$release" "$root" git,python3,ca-certificates
    clone_into "$root" /clone
    in_clone './dev demo'
    in_clone './dev test'
    changes=$(in_root "$root" git -C /clone status --porcelain)
    [ -z "$changes" ] || { printf 'left behind in the clone:\n%s\n' "$changes" >&2; return 1; }
    rm -rf "$root"
}

need_root_user
need_command mmdebstrap mmdebstrap
make_workplace
[ $# -gt 0 ] || set -- bookworm trixie
for each in "$@"; do
    try_release "$each"
done
echo "fresh: passed on $*"
