# Roots of Debian to try things in, for the system tests; sourced, with $here the top of the checkout, not run.
# shellcheck shell=bash
: "${here:?}"

need_root_user() {
    [ "$(id -u)" -eq 0 ] || { echo "this test has to be root, for it makes a Debian of its own" >&2; exit 1; }
}

# need_command COMMAND PACKAGE: installs PACKAGE if COMMAND is missing.
need_command() {
    command -v "$1" >/dev/null && return
    echo "installing $2"
    apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install --yes --no-install-recommends "$2"
}

# A folder for the roots, $workplace, that is gone when the test ends.
make_workplace() {
    workplace=$(mktemp -d "${TMPDIR:-/var/tmp}/faceauthd-system.XXXXXX")
    trap 'clear_workplace' EXIT
}

clear_workplace() {
    if [ -n "${KEEP_ROOTS:-}" ]; then
        echo "kept: $workplace"
    else
        rm -rf --one-file-system "$workplace"
    fi
}

# debian_root RELEASE DIRECTORY PACKAGES: the smallest Debian with these packages, reaching the network as this machine does.
debian_root() {
    local mirror
    mirror=${DEBIAN_MIRROR:-$(awk '/^URIs:/ { print $2; exit }' /etc/apt/sources.list.d/*.sources 2>/dev/null || true)}
    echo "making a Debian $1 with $3"
    mmdebstrap --quiet --variant=minbase --aptopt='APT::Install-Recommends "false"' --include="$3" \
        "$1" "$2" ${mirror:+"deb $mirror $1 main"}
    # A network with a certificate authority of its own is as good as any.
    cp -L /etc/resolv.conf "$2/etc/resolv.conf"
    if [ -e "$2/etc/ssl/certs/ca-certificates.crt" ]; then
        cp -L /etc/ssl/certs/ca-certificates.crt "$2/etc/ssl/certs/ca-certificates.crt"
    fi
}

# clone_into ROOT PATH: what git has or would take of this checkout, as a repository of one commit.
clone_into() {
    mkdir -p "$1$2"
    git -C "$here" ls-files -co --exclude-standard -z | still_there | tar -C "$here" --null -T - -cf - |
        tar -C "$1$2" --no-same-owner -xf -
    git -C "$1$2" init --quiet
    git -C "$1$2" add --all
    git -C "$1$2" -c user.name=test -c user.email=test@localhost commit --quiet --message 'as it stands'
}

# Of the names on standard input, each ended by NUL: those that are there, for git lists what was deleted as well.
still_there() {
    local name
    while IFS= read -r -d '' name; do
        if [ -e "$here/$name" ]; then printf '%s\0' "$name"; fi
    done
}

# in_root ROOT COMMAND...: in a chroot, with its own /proc, /dev and /tmp, and only the environment a login has,
# besides how this machine reaches its package index.
in_root() {
    local root=$1
    shift
    # shellcheck disable=SC2016  # the inner shell expands these
    unshare --mount --pid --fork --kill-child /bin/sh -c '
        root=$1; shift
        mount -t proc proc "$root/proc"
        mount -t tmpfs tmpfs "$root/tmp"
        mount --rbind /dev "$root/dev"
        exec chroot "$root" env -i HOME=/root LANG=C.UTF-8 TERM=dumb PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
            PIP_CERT=/etc/ssl/certs/ca-certificates.crt "$@"
    ' in_root "$root" "${network_environment[@]}" "$@"
}

# How to reach the network, and CI, which has hypothesis draw the same each time: what a search finds is for `./dev test`.
network_environment=()
for name in CI http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY PIP_INDEX_URL PIP_DEFAULT_TIMEOUT; do
    if [ -n "${!name:-}" ]; then network_environment+=("$name=${!name}"); fi
done
