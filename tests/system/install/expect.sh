# How the trials of `./dev system install` say what they expect, and what they ask of the service; sourced, not run.
# shellcheck shell=bash

CONFIGURATION=/etc/faceauthd/faceauthd.yaml
failures=0

title() { printf '\n--- %s\n' "$*"; }

# expect WHAT COMMAND...: WHAT is true if COMMAND succeeds.
expect() {
    local what=$1
    shift
    if "$@" >/tmp/expect 2>&1; then
        echo "ok: $what"
    else
        echo "NOT OK: $what"
        sed 's/^/    /' /tmp/expect
        failures=$((failures + 1))
    fi
}
fails() { ! "$@"; }
equal() { [ "$1" = "$2" ] || { printf 'is: %s\nnot: %s\n' "$1" "$2"; return 1; }; }
holds() { grep -q -- "$2" <<<"$1" || { printf 'not in it: %s\n%s\n' "$2" "$1"; return 1; }; }
# says_and_exits STATUS TEXT COMMAND...: it exits with STATUS and prints TEXT.
says_and_exits() {
    local wanted=$1 text=$2 told status=0
    shift 2
    told=$("$@" 2>&1) || status=$?
    holds "$told" "$text" && equal "$status" "$wanted"
}
# until_true SECONDS COMMAND...
until_true() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.2
    done
}

property() { systemctl show --value --property="$1" faceauthd.service; }
is_active() { systemctl is-active --quiet faceauthd.service; }
is_another_process() { is_active && [ "$(property MainPID)" != "$1" ] && [ "$(property MainPID)" != 0 ]; }

# errors_told: what faceauthd itself told as an error; lines_told: all lines of the unit; since the last mark.
mark_time() { sleep 1; marked=$(date '+%F %T'); }
errors_told() { journalctl --unit faceauthd --since "$marked" --priority err --output cat --no-pager | grep '^faceauthd: ' || true; }
lines_told() { journalctl --unit faceauthd --since "$marked" --output cat --no-pager; }
# events_told KIND [FIELD=VALUE]: how often the journal has it.
events_told() { journalctl --unit faceauthd --output cat --no-pager "FACEAUTHD_EVENT=$1" "${@:2}" | grep -c . || true; }

version_in_force() { basename "$(readlink -f /opt/faceauthd/current)"; }
set_version() { sed -i "s/^__version__ = .*/__version__ = \"$1\"/" faceauthd/__init__.py; }

# settings [SOURCE [PACE]]: a configuration, the camera being a drawn scene, or SOURCE.
settings() {
    cat <<YAML
camera: {source: "${1:-scene:demo}", pace: ${2:-real}, at_end: loop}
panel: {kind: gpiozero, pin_factory: mock}
YAML
}
# run_afresh_with SOURCE [PACE]: with that camera, and nobody enrolled.
run_afresh_with() {
    systemctl stop faceauthd.service
    rm -rf /var/lib/faceauthd/gallery
    settings "$@" >"$CONFIGURATION"
    systemctl start faceauthd.service
}
# configuration_is [SOURCE]: it is as settings left it.
configuration_is() { settings "$@" | cmp - "$CONFIGURATION"; }
