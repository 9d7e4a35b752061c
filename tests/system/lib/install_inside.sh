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
# told_since SECOND: what faceauthd itself told as an error; what_it_said: all lines of the unit, since the last mark.
mark_time() { sleep 1; marked=$(date '+%F %T'); }
errors_told() { journalctl --unit faceauthd --since "$marked" --priority err --output cat --no-pager | grep '^faceauthd: ' || true; }
lines_told() { journalctl --unit faceauthd --since "$marked" --output cat --no-pager; }
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
    useradd --groups faceauth resident
    useradd stranger
    expect 'so it does for a user in the group faceauth' runuser -u resident -- faceauthctl status
    expect 'and for no other' fails runuser -u stranger -- faceauthctl status
    expect 'the exposure is at most 1.0' systemd-analyze security --no-pager --threshold=10 faceauthd.service
    settings | expect 'the configuration is kept' cmp - $CONFIGURATION
    expect 'and is for root and its group alone' equal "$(stat -c '%a %U:%G' $CONFIGURATION)" '640 root:faceauth'
}

try_isolation() {
    title 'no packet, and no file outside its own folders: what it can do'
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

# Files that belong to its user, on every disk and in memory, but for its own folders. It has no right to change others'.
files_of_faceauthd() {
    find / /run /tmp /dev -xdev \( -path /proc -o -path /sys -o -path /var/lib/faceauthd -o -path /run/faceauthd \) -prune -o \
        -user faceauthd -print 2>/dev/null
}

# The same program where nothing confines it: what the sandbox keeps it from must be what it never tries.
try_unconfined() {
    title 'no packet, and no file outside its own folders: what it tries'
    local own=/tmp/own
    apt-get -q --yes install strace >/dev/null
    mkdir -p $own/home
    env -i HOME=$own/home PATH="$PATH" LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 timeout --preserve-status 60 \
        strace -f -qq -e trace=%file,%network -e signal=none -o $own/trace \
        faceauthd run --set camera.source=scene:demo --set camera.pace=fast --set camera.at_end=stop \
        --set panel.pin_factory=mock --set control.group=null --set control.socket=$own/control.sock \
        --set gallery.path=$own/gallery --set log.journal=stderr >$own/log 2>&1 || true
    expect 'it enrols and unlocks under strace' holds "$(cat $own/log)" ' unlocked '
    expect 'it asks for no socket but local ones' equal "$(grep -E 'socket\(' $own/trace | grep -v 'socket(AF_UNIX' || true)" ''
    expect 'it writes to nothing but its own folders' equal "$(written_outside $own)" ''
}

# written_outside FOLDER: the calls in its trace that made, opened for writing, renamed or removed something elsewhere.
written_outside() {
    grep -E '(O_WRONLY|O_RDWR|O_CREAT|^[0-9]+ +(mkdir|rename|unlink|link|symlink|chmod|chown|truncate|mknod)[a-z0-9]*\()' "$1/trace" |
        grep -v -e "\"$1[/\"]" -e '"/dev/null"' -e ' = -1 ENOENT' || true
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
    local wrong
    for wrong in 'nonsense: 1' 'gate: {unlock_s: never}' 'enroll: {debounce_s: 9}'; do
        refuse_configuration "$wrong" "$(settings)"
    done
    # A pin used twice, and one that does not exist.
    refuse_configuration 'panel: {pin_factory: mock, pins: {buzzer: 17}}' "$(settings | grep -v ^panel)"
    refuse_configuration 'panel: {pin_factory: mock, pins: {led_red: 99}}' "$(settings | grep -v ^panel)"
    settings >$CONFIGURATION
    expect 'mended, it starts' systemctl restart faceauthd.service
}

# refuse_configuration LINE REST: the service does not start with it, and says so once.
refuse_configuration() {
    printf '%s\n%s\n' "$2" "$1" >$CONFIGURATION
    mark_time
    expect "with $1 it does not start" fails systemctl restart faceauthd.service
    sleep 4
    expect 'it is not tried again' equal "$(property ActiveState) $(property NRestarts)" 'failed 0'
    expect 'the journal says it once, as an error' equal "$(errors_told | wc -l)" 1
    expect 'with the line it is on' holds "$(errors_told)" "^faceauthd: .*faceauthd.yaml:\\|^faceauthd: [0-9]*: "
    expect 'the status says it too' holds "$(systemctl status --no-pager faceauthd.service)" 'Status: "Not running, the door is locked: '
    expect 'and the relay was closed' holds "$(lines_told)" '^Locked: GPIO17 is low'
    echo "    $(errors_told)"
}

try_swapped_model() {
    title 'a model file that is swapped while it runs'
    local model pid
    model=$(echo /opt/faceauthd/current/lib/python3*/site-packages/faceauthd/_data/models/embedder.onnx)
    pid=$(property MainPID)
    cp "$model" /tmp/embedder.onnx
    cp "${model%/*}/detector.onnx" "$model"
    sleep 2
    expect 'what runs is not touched by it' equal "$(property MainPID)" "$pid"
    mark_time
    systemctl restart faceauthd.service || true
    retried_and_said 'embedder.onnx: SHA-256 is .*restore the models folder'
    cp /tmp/embedder.onnx "$model"
    expect 'put back, it is there again by itself' until_true 20 is_active
}

try_state_folder() {
    title 'a state folder that cannot be written, and a full disk'
    local faces=/source/tests/data/faces
    # Nobody but us enrols anybody.
    settings | sed 's/^camera:.*/camera: {source: none}/' >$CONFIGURATION
    systemctl stop faceauthd.service
    mount -t tmpfs -o size=4m,mode=700,uid=faceauthd,gid=faceauth tmpfs /var/lib/faceauthd
    expect 'it starts on an empty one' systemctl start faceauthd.service
    expect 'somebody is enrolled' faceauthctl enroll ann --images $faces/astronaut.jpg
    systemctl stop faceauthd.service
    mount -o remount,ro /var/lib/faceauthd
    mark_time
    systemctl start faceauthd.service || true
    retried_and_said 'the file system is read-only: check the disk, then mount it writable'
    mount -o remount,rw /var/lib/faceauthd
    expect 'writable again, it is there by itself' until_true 20 is_active

    head -c 8m /dev/zero >/var/lib/faceauthd/filler 2>/dev/null || true
    expect 'on a full disk nobody is enrolled, and it says why' fails faceauthctl enroll bob --images $faces/hopper.jpg
    expect 'with the remedy' holds "$(faceauthctl enroll bob --images $faces/hopper.jpg 2>&1 || true)" 'free some space'
    expect 'the service runs on' is_active
    expect 'it starts on a full disk too' systemctl restart faceauthd.service
    expect 'and knows whom it knew' holds "$(faceauthctl people)" ann
    rm /var/lib/faceauthd/filler
    expect 'with room again, somebody is enrolled' faceauthctl enroll bob --images $faces/hopper.jpg
    systemctl stop faceauthd.service
    umount /var/lib/faceauthd
    settings >$CONFIGURATION
    systemctl start faceauthd.service
}

# retried_and_said TEXT: it does not run, says so in one line for each attempt, and systemd tries again, but not oftener
# than it should.
retried_and_said() {
    local told
    sleep 10
    told=$(errors_told)
    expect 'it does not run' fails is_active
    expect 'the journal says why, as an error' holds "$told" "$1"
    expect 'once for each attempt' equal "$(wc -l <<<"$told")" "$(lines_told | grep -c 'Main process exited')"
    expect 'systemd tries again, each 3 s at most' test "$(property NRestarts)" -ge 1 -a "$(wc -l <<<"$told")" -le 5
    expect 'the status says it' holds "$(property StatusText)" '^Not running, the door is locked: '
    expect 'and the relay was closed' holds "$(lines_told)" '^Locked: GPIO17 is low'
    head -n 1 <<<"    $told"
}

try_bundle() {
    title 'a bundle'
    expect 'a bundle is made' ./install.sh --make-bundle /bundle
    expect 'uninstalling succeeds' ./install.sh --uninstall
    expect 'nothing is left to run' fails test -e /usr/local/bin/faceauthd
    expect 'people and configuration stay' test -d /var/lib/faceauthd -a -e $CONFIGURATION
    # So that the bundle has to bring them.
    dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' 'python3*venv' python3-pip-whl python3-lgpio |
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
try_unconfined
try_repeating
try_crashes
try_upgrade
try_failed_upgrades
try_wrong_configuration
try_swapped_model
try_state_folder
try_bundle
try_purge
finish
