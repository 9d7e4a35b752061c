# The trials of `./dev system install` with the camera away; sourced, not run. There is no picamera2 in this Debian, so a
# Pi's camera cannot be opened here; that it is found once it is there is `./dev system camera`'s to show.
# shellcheck shell=bash disable=SC2317,SC2329  # what expect runs is not unreachable

# What is told of it, in the journal and elsewhere.
NO_CAMERA='picamera2 cannot be loaded'
# Longer than the watchdog's time and that of a start together.
WAITING_S=80

is_loaded() { [ "$(property LoadState)" = loaded ]; }

install_without_camera() {
    local told
    expect 'install.sh succeeds' timeout 900 ./install.sh
    told=$(cat /tmp/expect)
    begun_s=$SECONDS
    started_pid=$(property MainPID)
    expect 'it says that the service waits for its camera' holds "$told" 'it waits for its camera'
    expect 'the service is starting' equal "$(property ActiveState)" activating
    expect 'its status says why' until_true 60 status_holds "^Locked: $NO_CAMERA"
}
status_holds() { holds "$(property StatusText)" "$1"; }

# What ran since then took most of the time.
try_waiting_for_a_camera() {
    title 'a camera that does not come'
    sleep $((begun_s + WAITING_S > SECONDS ? begun_s + WAITING_S - SECONDS : 0))
    expect "for $WAITING_S s it is the same process" equal "$(property MainPID) $(property NRestarts)" "$started_pid 0"
    expect 'it still waits' equal "$(property ActiveState)" activating
    expect 'the journal has one fault' equal "$(events_told fault)" 1
    expect 'in one line' equal "$(journalctl --unit faceauthd --output cat --no-pager | grep -c "$NO_CAMERA")" 1
    expect 'the doctor says so' says_and_exits 1 '^bad *camera: ' faceauthd doctor
    expect 'the door can be opened by an order' holds "$(faceauthctl unlock)" 'open'
    settings >"$CONFIGURATION"
    expect 'with a camera it starts' systemctl restart faceauthd.service
    expect 'and runs' is_active
    expect 'its status is a sentence' holds "$(property StatusText)" '^[A-Z].* '
}
