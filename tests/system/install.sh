#!/usr/bin/env bash
# Proves: install.sh turns a Debian 12 or 13 with a real systemd into the appliance, also before its camera is there: then
# it is the same process for as long as it waits, with one fault in the journal. Repeated, it changes nothing, but builds
# anew what was damaged; after SIGKILL and SIGSTOP the service is back with its gallery; faceauthctl reads events back from
# the real journal, whose fields are there and hold no embedding; the doctor tells a service that is up from one that is
# down; an upgrade without a camera succeeds, tells which keys are new, and keeps people and configuration, and one that
# fails leaves the old version running; a wrong configuration (also a pin used twice, or one that does not exist) is said
# once and not retried; a model that was swapped, a state folder that is read-only and a full disk leave the door locked
# with one line and the remedy, and it comes back by itself; a bundle installs without a network; what --uninstall and
# --purge keep and remove; users of the group faceauth reach the socket and others do not; the service reaches no network
# and writes nothing outside its own folders, and under strace, where nothing confines it, it does not even try.
# Cannot: speak for pins and cameras (mock pins and a replayed scene stand in), for picamera2, for device and memory
# limits, which a container does not enforce, nor for arm64.
# Takes about 8 minutes a release. Arguments: the releases (default: bookworm trixie). Needs mmdebstrap, systemd-container.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd -P)
. "$here/tests/system/lib/root.sh"
. "$here/tests/system/lib/boot.sh"

need_root_user
need_command mmdebstrap mmdebstrap
need_command systemd-nspawn systemd-container
make_workplace
[ $# -gt 0 ] || set -- bookworm trixie
for release in "$@"; do
    root=$workplace/$release
    debian_root "$release" "$root" systemd,systemd-sysv,dbus,python3,ca-certificates
    clone_into "$root" /source
    boot_and_run "$root" bash /source/tests/system/install/inside.sh
    rm -rf "$root"
done
echo "install: passed on $*"
