#!/usr/bin/env bash
# The inside of `./dev system install`: run as root in a booted Debian that holds a copy of the checkout in /source.
# shellcheck disable=SC2317,SC2329  # what expect runs is not unreachable
set -euo pipefail
cd /source

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
property() { systemctl show --value --property="$1" faceauthd.service; }
is_active() { systemctl is-active --quiet faceauthd.service; }
# until_true SECONDS COMMAND...
until_true() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.2
    done
}
is_another_process() { is_active && [ "$(property MainPID)" != "$1" ] && [ "$(property MainPID)" != 0 ]; }
version_in_force() { basename "$(readlink -f /opt/faceauthd/current)"; }
set_version() { sed -i "s/^__version__ = .*/__version__ = \"$1\"/" faceauthd/__init__.py; }

settings() {
    cat <<'YAML'
camera: {source: "scene:demo", at_end: loop}
panel: {kind: gpiozero, pin_factory: mock}
YAML
}

try_fresh_installation() {
    title 'a fresh installation'
    mkdir -p /etc/faceauthd
    settings >$CONFIGURATION
    expect 'install.sh succeeds' ./install.sh
    expect 'the service runs' is_active
    expect 'its status is a sentence' holds "$(property StatusText)" '^[A-Z].* '
    expect 'it starts at boot' systemctl is-enabled --quiet faceauthd.service
    expect 'the commands are on the path' faceauthd --version
    expect 'its state is its own' equal "$(stat -c '%U %a' /var/lib/faceauthd)" 'faceauthd 700'
    expect 'it runs as its own user' equal "$(stat -c %U "/proc/$(property MainPID)")" faceauthd
    expect 'it says in the journal that it started' holds "$(journalctl --unit faceauthd --output cat --no-pager)" tarted
    expect 'journalctl -x explains it' holds "$(journalctl --catalog --unit faceauthd --no-pager)" 'faceauthd has started'
    expect 'faceauthctl reaches it' faceauthctl status
    expect 'the exposure is at most 1.0' systemd-analyze security --no-pager --threshold=10 faceauthd.service
    settings | expect 'the configuration is kept' cmp - $CONFIGURATION
}

try_isolation() {
    title 'what it can reach'
    local pid inside
    pid=$(property MainPID)
    inside=(nsenter --target "$pid" --mount --net)
    expect 'it has a network of its own, with nothing but loopback' \
        equal "$("${inside[@]}" cat /proc/net/dev | sed 1,2d | cut -d : -f 1 | tr -d ' ')" lo
    expect 'no packet was ever sent there' \
        equal "$("${inside[@]}" sed -n 's/^ *lo: *//p' /proc/net/dev | tr -s ' ' | cut -d ' ' -f 2,10)" '0 0'
    expect 'it holds no socket but local ones' \
        fails grep -qs . <("${inside[@]}" sh -c 'sed -s 1d /proc/net/tcp /proc/net/udp /proc/net/raw /proc/net/packet')
    expect 'it wrote nothing outside its own folders' equal "$(files_of_faceauthd)" ''
    expect 'it cannot write elsewhere' fails "${inside[@]}" touch /etc/faceauthd/x /opt/faceauthd/x /usr/x
}

# Files that belong to its user, wherever they are, but for its own folders.
files_of_faceauthd() {
    find / -xdev \( -path /proc -o -path /sys -o -path /var/lib/faceauthd -o -path /run/faceauthd \) -prune -o \
        -user faceauthd -print 2>/dev/null
}

try_repeating() {
    title 'repeating it'
    local begin=$SECONDS
    expect 'install.sh succeeds again' ./install.sh
    echo "    it took $((SECONDS - begin)) s"
    expect 'the service runs' is_active
}

try_crashes() {
    title 'crashes'
    local pid begin
    pid=$(property MainPID)
    begin=$SECONDS
    kill -KILL "$pid"
    expect 'it is back after SIGKILL' until_true 20 is_another_process "$pid"
    echo "    after $((SECONDS - begin)) s"
    expect 'ExecStopPost closed the relay' equal \
        "$(journalctl --unit faceauthd --output cat --no-pager | grep 'Control process exited')" ''
    expect 'as anybody can see' faceauthd panel-lock
    pid=$(property MainPID)
    begin=$SECONDS
    kill -STOP "$pid"
    expect 'the watchdog finds it stopped, and it is back' until_true 40 is_another_process "$pid"
    echo "    after $((SECONDS - begin)) s"
}

try_upgrade() {
    title 'an upgrade'
    local before
    before=$(version_in_force)
    set_version 99.0.0
    expect 'install.sh succeeds' ./install.sh
    expect 'the new version is in force' holds "$(version_in_force)" '^99.0.0-'
    expect 'it runs' is_active
    expect 'the one before is still there' test -d "/opt/faceauthd/versions/$before"
    settings | expect 'the configuration is kept' cmp - $CONFIGURATION
}

try_failed_upgrades() {
    title 'upgrades that fail'
    local pid before
    pid=$(property MainPID)
    before=$(version_in_force)
    set_version 99.0.1
    cp models/embedder.onnx /tmp/embedder.onnx
    echo >>models/embedder.onnx
    expect 'a damaged model stops it' fails ./install.sh
    expect 'the old version was not even restarted' equal "$(property MainPID) $(version_in_force)" "$pid $before"
    cp /tmp/embedder.onnx models/embedder.onnx

    echo 'nonsense: 1' >>$CONFIGURATION
    expect 'a configuration that it cannot read stops it' fails ./install.sh
    expect 'the old version was not even restarted' equal "$(property MainPID) $(version_in_force)" "$pid $before"
    settings >$CONFIGURATION

    cp faceauthd/cli/run.py /tmp/run.py
    echo 'raise SystemExit(1)' >>faceauthd/cli/run.py
    expect 'a version that does not start is noticed' fails ./install.sh
    expect 'the old version is in force again' equal "$(version_in_force)" "$before"
    expect 'and runs' is_active
    cp /tmp/run.py faceauthd/cli/run.py
    set_version 99.0.0
}

try_wrong_configuration() {
    title 'a wrong configuration'
    echo 'nonsense: 1' >>$CONFIGURATION
    expect 'it does not start' fails systemctl restart faceauthd.service
    sleep 5
    expect 'it is not tried again' equal "$(property ActiveState) $(property NRestarts)" 'failed 0'
    expect 'the journal names the key' holds "$(journalctl --unit faceauthd --output cat --no-pager --lines 20)" nonsense
    settings >$CONFIGURATION
    expect 'mended, it starts' systemctl restart faceauthd.service
}

try_bundle() {
    title 'a bundle'
    expect 'a bundle is made' ./install.sh --make-bundle /bundle
    expect 'uninstalling succeeds' ./install.sh --uninstall
    expect 'nothing is left to run' fails test -e /usr/local/bin/faceauthd
    expect 'people and configuration stay' test -d /var/lib/faceauthd -a -e $CONFIGURATION
    # So that the bundle has to bring them.
    dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' 'python3*venv' python3-pip-whl python3-systemd python3-lgpio |
        sed -n 's/^installed //p' >/tmp/present || true
    xargs apt-get -q --yes purge </tmp/present >/dev/null
    rm -rf ~/.cache /var/lib/apt/lists
    expect 'it installs without any network' unshare --net /bundle/install.sh --offline /bundle
    expect 'the service runs' is_active
    echo damaged >>/bundle/VERSION
    expect 'a damaged bundle is refused' fails /bundle/install.sh --offline /bundle
    expect 'and the service still runs' is_active
}

try_purge() {
    title 'going away'
    expect 'purging asks, and does nothing with nobody to ask' fails ./install.sh --purge
    expect 'the service still runs' is_active
    expect 'purging succeeds' ./install.sh --purge --yes
    expect 'nothing is left' fails ls -d /var/lib/faceauthd /etc/faceauthd /opt/faceauthd /usr/local/lib/systemd/system/faceauthd.service
    expect 'the user is gone' fails getent passwd faceauthd
}

finish() {
    title "$failures failures in $SECONDS s"
    exit $((failures > 0))
}

try_fresh_installation
is_active || finish
try_isolation
try_repeating
try_crashes
try_upgrade
try_failed_upgrades
try_wrong_configuration
try_bundle
try_purge
finish
