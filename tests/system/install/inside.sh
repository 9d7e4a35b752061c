#!/usr/bin/env bash
# The inside of `./dev system install`: run as root in a booted Debian that holds a copy of the checkout in /source.
# shellcheck disable=SC2317,SC2329  # what expect runs is not unreachable
set -euo pipefail
cd /source
here=$(pwd -P)
. "$here/tests/system/install/expect.sh"
. "$here/tests/system/install/camera.sh"
. "$here/tests/system/install/confinement.sh"
. "$here/tests/system/install/faults.sh"
. "$here/tests/system/install/records.sh"
. "$here/tests/system/install/versions.sh"

# A fresh card, and a camera that is still in its box.
try_fresh_installation() {
    title 'a fresh installation, before there is a camera'
    mkdir -p /etc/faceauthd
    settings picamera2 >"$CONFIGURATION"
    install_without_camera
    expect 'it starts at boot' systemctl is-enabled --quiet faceauthd.service
    expect 'the commands are on the path' faceauthd --version
    expect 'its state is its own' equal "$(stat -c '%U %a' /var/lib/faceauthd)" 'faceauthd 700'
    expect 'it runs as its own user' equal "$(stat -c %U "/proc/$(property MainPID)")" faceauthd
    expect 'it says in the journal that it started' holds "$(journalctl --unit faceauthd --output cat --no-pager)" tarted
    expect 'journalctl -x explains it' holds "$(journalctl --catalog --unit faceauthd --no-pager)" 'faceauthd has started'
    expect 'the exposure is at most 1.0' systemd-analyze security --no-pager --threshold=10 faceauthd.service
    expect 'the configuration is kept' configuration_is picamera2
    expect 'and is for root and its group alone' equal "$(stat -c '%a %U:%G' "$CONFIGURATION")" '640 root:faceauth'
}

try_users() {
    title 'who reaches it'
    expect 'faceauthctl reaches it' faceauthctl status
    useradd --groups faceauth resident
    useradd stranger
    expect 'so it does for a user in the group faceauth' runuser -u resident -- faceauthctl status
    expect 'and for no other' fails runuser -u stranger -- faceauthctl status
}

finish() {
    title "$failures failures in $SECONDS s"
    exit $((failures > 0))
}

try_fresh_installation
is_loaded || finish
try_users
try_unconfined
try_waiting_for_a_camera
try_isolation
try_repeating
try_crashes
try_events
try_doctor
try_damage
try_upgrade
try_failed_upgrades
try_wrong_configuration
try_swapped_model
try_state_folder
try_bundle
try_purge
finish
