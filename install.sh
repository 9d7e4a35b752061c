#!/usr/bin/env bash
# Turns a Raspberry Pi OS or Debian (12 or 13, 64 bit) into the appliance. `./install.sh --help` says how.
#
# A version is a virtual environment of its own, /opt/faceauthd/versions/ID; /opt/faceauthd/current points at the one in
# force. All that can fail is done before the pointer is moved, and it is moved back if the new version does not start:
# so a failed installation leaves the old version running. Sourced, this file only defines: so the tests try its parts.
set -euo pipefail
shopt -s inherit_errexit
umask 022

PREFIX=/opt/faceauthd
ETC=/etc/faceauthd
STATE=/var/lib/faceauthd
LIB=/usr/local/lib
CONFIGURATION=$ETC/faceauthd.yaml
OS_RELEASE=/etc/os-release
PI_OS_RELEASE=/etc/rpi-issue
COMMANDS=(faceauthd faceauthctl)
PACKAGES=(python3-venv)
# package=what is missing without it. lgpio is also in requirements.lock, for the Pythons it has wheels for.
OPTIONAL_PACKAGES=(
    "python3-lgpio=the pins cannot be driven, unless a wheel of lgpio is installed below"
    "python3-picamera2=the cameras of a Raspberry Pi cannot be used (USB cameras and streams can)"
)
# PyAV, for USB cameras, streams and video files. On Raspberry Pi OS picamera2 brings it; on a bare Debian 12 it is 208
# packages, 134 MB to fetch, which only those pay who ask for such a camera. Debian's, and not the wheel of the extra `av`: picamera2
# works with the one that it was packaged with, and a wheel in our environment would take its place.
VIDEO_PACKAGE="python3-av=a camera.source of av: or of a video file cannot be read"
START_S=120

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
current_step=''
bundle=''
scratch=''

usage() {
    cat <<'TEXT'
usage: sudo ./install.sh                    install, or upgrade what is installed
       sudo ./install.sh --offline BUNDLE   the same without any network, from a bundle
       ./install.sh --make-bundle DIR       make a bundle, on a machine of the same release and architecture
       sudo ./install.sh --uninstall        remove it; people, events and configuration stay
       sudo ./install.sh --purge [--yes]    remove it and all it knows, after asking

Repeating it does no harm. Your configuration (/etc/faceauthd/faceauthd.yaml) is never overwritten.
TEXT
}

step() {
    current_step=$*
    printf '\n==> %s\n' "$*"
}
note() { printf '    %s\n' "$*"; }
fail() {
    printf 'install.sh: %s\n' "$*" >&2
    exit 1
}

on_exit() {
    local status=$?
    [ -z "$scratch" ] || rm -rf "$scratch"
    [ "$status" -eq 0 ] || [ -z "$current_step" ] || printf '\ninstall.sh: failed while %s. %s\n' "$current_step" "$(what_runs)" >&2
}

what_runs() {
    if [ -L "$PREFIX/current" ]; then
        echo "The version installed before ($(basename "$(readlink "$PREFIX/current")")) is still in force."
    else
        echo 'Nothing was in force before, and nothing is now; mend what is named above and run it again.'
    fi
}

# ---------------------------------------------------------------- where we are

check_machine() {
    step 'checking this machine'
    [ "$(id -u)" -eq 0 ] || fail 'this has to be root: sudo ./install.sh'
    command -v systemctl >/dev/null || fail 'there is no systemd here'
    check_python
    local free_mb
    free_mb=$(df --output=avail -m "$(dirname "$PREFIX")" | tail -n 1)
    [ "$free_mb" -ge 600 ] || fail "$(dirname "$PREFIX") has only $free_mb MB free, and 600 are needed"
    note "$(release), Python $(python_version), $free_mb MB free"
}

check_python() {
    command -v python3 >/dev/null || fail 'there is no python3 here; run: apt-get install python3'
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "Python $(python_version) is too old; 3.11 is needed, which Debian 12 and Raspberry Pi OS 12 have"
}

python_version() { python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])'; }
# The 64-bit Raspberry Pi OS calls itself debian there, but its packages are others.
# shellcheck disable=SC1090,SC1091  # it is the system's
release() {
    (
        . "$OS_RELEASE"
        if [ -e "$PI_OS_RELEASE" ]; then ID=raspberry-pi-os; fi
        printf '%s %s %s\n' "${ID:-?}" "${VERSION_CODENAME:-${VERSION_ID:-?}}" "$(uname -m)"
    )
}
has_systemd() { [ -d /run/systemd/system ]; }
is_installed() { [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# A version is named by its number, by what it is made of, and by the Python that it is made with: an environment of
# another Python is none after the system was upgraded. In a checkout and in a bundle alike.
version_id() {
    if [ -n "$bundle" ]; then
        cat "$bundle/VERSION"
        return
    fi
    local number sum
    number=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' "$here/faceauthd/__init__.py")
    sum=$(cd "$here" && find faceauthd models config systemd docs tests/data/faces pyproject.toml requirements.lock \
        -type f -not -path '*/__pycache__/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum)
    printf '%s-%s-py%s\n' "$number" "${sum:0:12}" "$(python_version)"
}

# ---------------------------------------------------------------- Debian's packages

install_packages() {
    step "installing Debian's packages"
    local wanted=() package
    if asks_for_video; then OPTIONAL_PACKAGES+=("$VIDEO_PACKAGE"); fi
    for package in "${PACKAGES[@]}" "${OPTIONAL_PACKAGES[@]%%=*}"; do
        is_installed "$package" || wanted+=("$package")
    done
    if [ ${#wanted[@]} -eq 0 ]; then
        note 'all are here already'
    elif [ -n "$bundle" ]; then
        install_bundled_packages
    else
        apt update
        available_packages
        apt install "${available[@]}"
    fi
}

# Whether the configuration names a camera that PyAV reads.
asks_for_video() {
    grep -Eqs '^[^#]*\bsource\b[^#]*\b(av:|replay:[^#]*\.(avi|m4v|mkv|mov|mp4|webm)\b)' "$CONFIGURATION"
}

# Sets $available to what apt can install of our packages.
available_packages() {
    local entry
    available=("${PACKAGES[@]}")
    for entry in "${OPTIONAL_PACKAGES[@]}"; do
        if apt-cache show "${entry%%=*}" >/dev/null 2>&1; then
            available+=("${entry%%=*}")
        else
            note "there is no ${entry%%=*} here: ${entry#*=}"
        fi
    done
}

# Whatever it installs, it removes nothing.
apt() { DEBIAN_FRONTEND=noninteractive apt-get -q --yes --no-install-recommends --no-remove -o Dpkg::Use-Pty=0 "$@"; }

# Only what is missing or older here: a bundle holds all that its packages depend on.
install_bundled_packages() {
    local file name version here_version newer=()
    local folders=("$bundle/debs")
    if asks_for_video; then folders+=("$bundle/debs-video"); fi
    while IFS= read -r file; do
        name=$(dpkg-deb --field "$file" Package)
        version=$(dpkg-deb --field "$file" Version)
        here_version=$(dpkg-query --show --showformat='${Version}' "$name" 2>/dev/null || true)
        if ! is_installed "$name" || dpkg --compare-versions "$here_version" lt "$version"; then
            newer+=("$(realpath "$file")")
        fi
    done < <(find "${folders[@]}" -name '*.deb')
    [ ${#newer[@]} -eq 0 ] || apt install --no-download "${newer[@]}"
}

# ---------------------------------------------------------------- the version

build_version() {
    step "building version $id"
    if find_version; then
        note 'it is here already, as it was built'
        return
    fi
    rm -rf "$version"
    mkdir -p "$PREFIX/versions"
    # With the system's packages: lgpio, picamera2 and systemd come from Debian.
    python3 -m venv --system-site-packages "$version"
    install_wheels
    install_pages
    check_models
    seal_version
    note "$(du -sm "$version" | cut -f 1) MB"
}

# Sets $version to a sound one of this $id; fails if there is none, with $version where to build it: not in the folder that
# is in force, however damaged that is, for a process may still run from it.
find_version() {
    local folder
    for version in "$PREFIX/versions/$id" "$PREFIX/versions/$id.again"; do
        if is_sound "$version"; then return; fi
        if [ -e "$version" ]; then note "$(basename "$version") is damaged or was never complete"; fi
    done
    folder=$PREFIX/versions/$id
    version=$folder
    if [ "$(in_force)" = "$folder" ]; then version=$folder.again; fi
    return 1
}

# `complete` lists the checksum of every file of a version: a card that wears out, or a hand, is noticed.
seal_version() {
    rm -f "$version/complete"
    (cd "$version" && find . -type f ! -path ./complete.new ! -path '*/__pycache__/*' -print0 | xargs -0 sha256sum) \
        >"$version/complete.new"
    mv "$version/complete.new" "$version/complete"
}
is_sound() {
    [ -s "$1/complete" ] && (cd "$1" && sha256sum --check --quiet --strict complete) >/dev/null 2>&1 &&
        "$1/bin/python" -I -c 'import faceauthd' 2>/dev/null
}

# What to read, beside what runs: docs/, and config/ that it refers to.
install_pages() {
    local from=${bundle:-$here}
    mkdir -p "$version/share/faceauthd"
    cp -r "$from/docs" "$from/config" "$version/share/faceauthd/"
    chmod -R a+rX "$version/share/faceauthd"
}

install_wheels() {
    local options=(--require-hashes --ignore-installed --requirement "${bundle:-$here}/requirements.lock")
    if [ -n "$bundle" ]; then
        pip_install --no-index --find-links "$bundle/wheels" "${options[@]}"
        pip_install --no-index --no-deps "$bundle"/wheels/faceauthd-*.whl
    else
        pip_install "${options[@]}"
        pip_install --no-deps --no-build-isolation "$here"
    fi
}

pip_install() {
    "$version/bin/python" -m pip install --quiet --no-input --disable-pip-version-check --root-user-action=ignore \
        --only-binary=:all: "$@"
}

check_models() {
    "$version/bin/python" -I - <<'PY'
from faceauthd.resources import shipped
from faceauthd.vision.pack import ModelPack

ModelPack.open(shipped("models"), threads=1)
PY
    note 'models: as the manifest states'
}

check_configuration() {
    [ -e "$CONFIGURATION" ] || return 0
    step 'checking your configuration with the new version'
    "$version/bin/faceauthd" check-config "$CONFIGURATION"
    report_new_keys
}

shipped() { echo "$1"/lib/python3*/site-packages/faceauthd/_data; }

report_new_keys() {
    local before
    before=$(shipped "$PREFIX/current")
    [ -e "$before/config/faceauthd.yaml" ] || return 0
    "$version/bin/python" -I - "$before/config/faceauthd.yaml" "$(shipped "$version")/config/faceauthd.yaml" <<'PY'
import sys
from pathlib import Path

import yaml


def keys(node, path=()):
    if not isinstance(node, dict):
        return {".".join(path): node}
    return {key: value for name, below in node.items() for key, value in keys(below, (*path, str(name))).items()}


before, after = (keys(yaml.safe_load(Path(name).read_text())) for name in sys.argv[1:])
for key in after.keys() - before.keys():
    print(f"    new key: {key}, by default {after[key]}")
for key in before.keys() - after.keys():
    print(f"    this key is gone: {key}")
PY
}

# ---------------------------------------------------------------- putting it in force

make_users() {
    step 'making the user, the groups and the folders'
    install -D -m 644 "$(shipped "$version")/systemd/sysusers.conf" "$LIB/sysusers.d/faceauthd.conf"
    install -D -m 644 "$(shipped "$version")/systemd/tmpfiles.conf" "$LIB/tmpfiles.d/faceauthd.conf"
    systemd-sysusers "$LIB/sysusers.d/faceauthd.conf"
    systemd-tmpfiles --create "$LIB/tmpfiles.d/faceauthd.conf"
    if [ -e "$CONFIGURATION" ]; then
        note "$CONFIGURATION is kept as it is"
        if [ "$(stat -c '%a %U:%G' "$CONFIGURATION")" = '644 root:root' ]; then
            chgrp faceauth "$CONFIGURATION"
            chmod 640 "$CONFIGURATION"
            note 'but for root and the group faceauth alone: it may hold the password of a camera'
        fi
    else
        install -m 640 -g faceauth "$(shipped "$version")/config/faceauthd.yaml" "$CONFIGURATION"
        note "$CONFIGURATION holds every key with its default"
    fi
}

# The folder of the version in force; nothing if there is none, for which `readlink -f` alone would name the pointer itself.
in_force() { if [ -L "$PREFIX/current" ]; then readlink -f "$PREFIX/current" || true; fi; }

# put_in_force VERSION: the pointer and the units that belong to it.
put_in_force() {
    local name
    install -D -m 644 "$(shipped "$1")/systemd/faceauthd.service" "$LIB/systemd/system/faceauthd.service"
    install -D -m 644 "$(shipped "$1")/systemd/faceauthd.catalog" "$LIB/systemd/catalog/faceauthd.catalog"
    ln -sfn "versions/$(basename "$1")" "$PREFIX/next"
    mv -T "$PREFIX/next" "$PREFIX/current"
    for name in "${COMMANDS[@]}"; do
        ln -sf "$PREFIX/current/bin/$name" "/usr/local/bin/$name"
    done
    journalctl --update-catalog || note 'the journal catalog could not be updated; journalctl -x will not explain our entries'
    if has_systemd; then systemctl daemon-reload; fi
}

switch_over() {
    step 'putting it in force'
    local before
    before=$(in_force)
    put_in_force "$version"
    systemctl --quiet enable faceauthd.service
    if ! has_systemd; then
        note 'systemd does not run here; the service starts at the next boot'
        return
    fi
    if start_service; then
        note "$(property StatusText)"
        return
    fi
    systemctl status --no-pager --lines=20 faceauthd.service || true
    if [ -n "$before" ] && [ "$before" != "$version" ] && [ -d "$before" ]; then
        note "it does not start: going back to $(basename "$before")"
        put_in_force "$before"
        rm -f "$version/complete"
        version=$before
        start_service || note 'that does not start either'
        exit 1
    fi
    note 'it is installed, but does not start yet; the lines above say why. systemd goes on trying.'
    is_started=''
}

property() { systemctl show --value --property="$1" faceauthd.service; }

# Starts it anew, and succeeds if it serves. It is ready with its first frame, and on a new card there may be no camera yet:
# so it is not waited for systemctl, but systemd is asked what becomes of the start, and the daemon what it waits for.
start_service() {
    local deadline=$((SECONDS + START_S))
    is_waiting=''
    systemctl stop faceauthd.service
    systemctl reset-failed faceauthd.service 2>/dev/null || true
    systemctl start --no-block faceauthd.service || return 1
    while [ "$SECONDS" -lt "$deadline" ]; do
        case "$(property ActiveState) $(property SubState) $(property NRestarts)" in
            'active '*) return 0 ;;
            'failed '* | *' auto-restart'* | *' '[1-9]*) return 1 ;;
        esac
        if waits_for_camera; then
            is_waiting=yes
            return 0
        fi
        sleep 1
    done
    return 1
}

# The state `fault` is a camera that gives nothing (docs/contracts.md); a daemon that is asked has opened all the rest.
waits_for_camera() { "$version/bin/faceauthctl" status --json 2>/dev/null | grep -q '"state": *"fault"'; }

remove_old_versions() {
    local before=$1 folder
    for folder in "$PREFIX"/versions/*/; do
        folder=${folder%/}
        if [ "$folder" != "$version" ] && [ "$folder" != "$before" ]; then rm -rf "$folder"; fi
    done
}

say_what_next() {
    step 'what to do next'
    [ -n "$is_started" ] || note 'faceauthd does not run yet: journalctl -xeu faceauthd says why'
    if [ -n "$is_waiting" ]; then
        note 'it waits for its camera, and goes on by itself once that is there: switch the Pi off to plug in a ribbon;'
        note "for another camera than the Pi's own, see camera.source in docs/cameras.md"
    fi
    note "wire the parts as $PREFIX/current/share/faceauthd/docs/hardware.md shows,"
    note "and name their pins in $CONFIGURATION"
    note 'faceauthd check-config         whether the configuration is right; then: systemctl restart faceauthd'
    note 'adduser NAME faceauth          lets NAME look, and open the door (faceauthctl unlock): a key'
    note 'sudo faceauthctl enroll NAME   or press the button and look at the camera: the first person is administrator'
    note 'systemctl status faceauthd     what it is doing now'
    current_step=''
}

install_all() {
    check_machine
    if [ -n "$bundle" ]; then check_bundle; fi
    id=$(version_id)
    version=$PREFIX/versions/$id
    local before
    before=$(in_force)
    is_started=yes
    is_waiting=''
    install_packages
    build_version
    check_configuration
    make_users
    switch_over
    remove_old_versions "$before"
    say_what_next
    [ -n "$is_started" ]
}

# ---------------------------------------------------------------- bundles

# A bundle is VERSION, RELEASE, requirements.lock, wheels/, debs/, debs-video/, docs/, config/, install.sh, and SHA256SUMS
# over all of them.
make_bundle() {
    step "making a bundle in $1"
    check_python
    [ -e "$here/pyproject.toml" ] || fail 'a bundle is made from a checkout'
    mkdir -p "$1"
    [ -z "$(ls -A "$1")" ] || fail "$1 is not empty"
    local target
    target=$(cd "$1" && pwd -P)
    scratch=$(mktemp -d)
    mkdir "$target/wheels" "$target/debs" "$target/debs-video"
    cp -r "$here/install.sh" "$here/requirements.lock" "$here/docs" "$here/config" "$target/"
    version_id >"$target/VERSION"
    bundle_release >"$target/RELEASE"
    bundle_wheels "$target/wheels"
    bundle_debs "$target"
    (cd "$target" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum >"$scratch/sums")
    mv "$scratch/sums" "$target/SHA256SUMS"
    step 'the bundle is complete'
    note "$(du -sm "$target" | cut -f 1) MB for $(cat "$target/RELEASE")"
    note "copy it over, and there: sudo $(basename "$target")/install.sh --offline $(basename "$target")"
    note "how to wire it: $(basename "$target")/docs/hardware.md"
}

bundle_release() { printf '%s, Python %s\n' "$(release)" "$(python_version)"; }

bundle_wheels() {
    python3 -m venv "$scratch/venv" || fail 'python3-venv is missing; run: apt-get install python3-venv'
    local pip=("$scratch/venv/bin/python" -m pip --quiet --disable-pip-version-check --no-input)
    "${pip[@]}" download --only-binary=:all: --require-hashes --requirement "$here/requirements.lock" --dest "$1"
    "${pip[@]}" install --no-index --find-links "$1" hatchling
    "${pip[@]}" wheel --no-deps --no-build-isolation --wheel-dir "$1" "$here"
    note "$(find "$1" -name '*.whl' | wc -l) wheels"
}

bundle_debs() {
    local names more
    available_packages
    closure "${available[@]}" >"$scratch/names"
    closure "${available[@]}" "${VIDEO_PACKAGE%%=*}" | LC_ALL=C comm -13 "$scratch/names" - >"$scratch/more"
    mapfile -t names <"$scratch/names"
    mapfile -t more <"$scratch/more"
    (cd "$1/debs" && apt-get -q download "${names[@]}" >/dev/null)
    [ ${#more[@]} -eq 0 ] || (cd "$1/debs-video" && apt-get -q download "${more[@]}" >/dev/null)
    note "${#names[@]} packages of Debian, and ${#more[@]} more for USB cameras and video"
}

# All that packages depend on: what apt would install on a machine that has nothing, for the other may have less than
# this one.
closure() {
    apt -o Dir::State::status=/dev/null --simulate install "$@" | sed -n 's/^Inst \([^ ]*\) .*/\1/p' | LC_ALL=C sort
}

check_bundle() {
    step 'checking the bundle'
    [ -e "$bundle/SHA256SUMS" ] || fail "$bundle is no bundle; make one with --make-bundle on a machine with a network"
    (cd "$bundle" && sha256sum --check --quiet --strict SHA256SUMS) || fail "$bundle is damaged; copy it again"
    [ "$(cat "$bundle/RELEASE")" = "$(bundle_release)" ] ||
        fail "$bundle is for $(cat "$bundle/RELEASE"), and this is $(bundle_release)"
    note "version $(cat "$bundle/VERSION")"
}

# ---------------------------------------------------------------- going away

uninstall() {
    step 'removing faceauthd'
    [ "$(id -u)" -eq 0 ] || fail 'this has to be root: sudo ./install.sh --uninstall'
    if has_systemd; then systemctl --quiet disable --now faceauthd.service 2>/dev/null || true; fi
    local name
    for name in "${COMMANDS[@]}"; do rm -f "/usr/local/bin/$name"; done
    rm -f "$LIB/systemd/system/faceauthd.service" "$LIB/systemd/catalog/faceauthd.catalog" \
        "$LIB/sysusers.d/faceauthd.conf" "$LIB/tmpfiles.d/faceauthd.conf" \
        /etc/systemd/system/multi-user.target.wants/faceauthd.service
    rm -rf "$PREFIX"
    journalctl --update-catalog || true
    if has_systemd; then
        systemctl daemon-reload
        systemctl reset-failed faceauthd.service 2>/dev/null || true
    fi
    note "kept: $STATE (people and events), $CONFIGURATION, and the user faceauthd, whose files they are"
}

purge() {
    [ "$(id -u)" -eq 0 ] || fail 'this has to be root: sudo ./install.sh --purge'
    if [ "$1" != yes ]; then
        [ -t 0 ] || fail 'nobody is here to ask; add --yes to remove everybody enrolled'
        read -r -p "Remove everybody enrolled ($STATE) and the configuration ($ETC) for good? Type yes: " answer
        [ "$answer" = yes ] || fail 'nothing was removed'
    fi
    uninstall
    step 'removing what it knew'
    rm -rf "$STATE" "$ETC"
    local name
    if getent passwd faceauthd >/dev/null; then userdel faceauthd; fi
    for name in faceauthd faceauth; do
        if getent group "$name" >/dev/null; then groupdel "$name"; fi
    done
    note 'nothing of faceauthd is left, but for its lines in the journal and the packages of Debian'
}

# ---------------------------------------------------------------- the command line

main() {
    trap on_exit EXIT
    current_step='reading the command line'
    case ${1:-} in
        '') install_all ;;
        --offline)
            [ $# -eq 2 ] || fail '--offline needs the folder of a bundle'
            [ -d "$2" ] || fail "there is no folder $2"
            bundle=$(cd "$2" && pwd -P)
            install_all
            ;;
        --make-bundle)
            [ $# -eq 2 ] || fail '--make-bundle needs a folder to make it in'
            make_bundle "$2"
            ;;
        --uninstall) uninstall ;;
        --purge)
            if [ "${2:-}" = --yes ]; then purge yes; else purge ask; fi
            ;;
        -h | --help) usage ;;
        *)
            usage >&2
            fail "unknown option: $1"
            ;;
    esac
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
