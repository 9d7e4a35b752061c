# The trials of `./dev system install` of what the service tells of itself: events and the doctor; sourced, not run.
# shellcheck shell=bash disable=SC2317,SC2329  # what expect runs is not unreachable
: "${here:?}"

try_events() {
    title 'what happened, read back from the journal'
    local started
    play_demo
    expect 'each event has its fields there, and nothing an embedding' python3 "$here/tests/system/install/journal_fields.py"
    started=$(events_told started)
    expect 'it outlives the process that told it' test "$started" -ge 4
    expect 'faceauthctl events reads all of them back' equal "$(events --kind started | count)" "$started"
    expect 'with what is known of an unlock' tells_of_an_unlock
    expect 'and of a refusal' holds "$(events --kind refused)" '"reason": "UNKNOWN"'
    expect '--kind gives this kind only' equal "$(events --kind unlocked | kinds)" unlocked
    expect '--person gives this person only' tells_of_one_person
    expect 'and nobody else' equal "$(events --person nobody | count)" 0
    expect '--since reaches back' equal "$(events --kind started --since 1h | count)" "$started"
    expect 'and no further than it should' equal "$(events --kind started --since 1s | count)" 0
    expect 'in words, too' holds "$(faceauthctl events --kind unlocked)" 'Door opened for person-1'
    expect '--follow goes on with new ones' follows
    expect 'who may not read the journal is told what the daemon remembers' \
        holds "$(runuser -u resident -- faceauthctl events --kind unlocked)" 'Door opened'
}

# On a clock that jumps, so that no visitor is missed, however busy the machine is. The watchdog's clock does not jump.
play_demo() {
    local drop_in=/run/systemd/system/faceauthd.service.d/demo.conf
    mkdir -p "${drop_in%/*}"
    printf '[Service]\nWatchdogSec=0\n' >$drop_in
    systemctl daemon-reload
    run_afresh_with scene:demo fast
    expect 'somebody was let in and somebody was not' until_true 300 both_were_there
    rm $drop_in
    systemctl daemon-reload
    settings >"$CONFIGURATION"
    systemctl restart faceauthd.service
}

tells_of_an_unlock() {
    local told each
    told=$(events --kind unlocked --person person-1 | head -n 1)
    for each in '"person": "person-1"' '"score": 0\.[0-9]' '"threshold": 0\.[0-9]' '"liveness": [01]\.[0-9]'; do
        holds "$told" "$each" || return 1
    done
}
# Asked once, for the scene goes on.
tells_of_one_person() {
    local told
    told=$(events --person person-1)
    holds "$told" '"event": ' && equal "$(count <<<"$told")" "$(grep -c '"person": "person-1"' <<<"$told")"
}
# Orders open the door, too, but for nobody.
both_were_there() { [ "$(events_told unlocked FACEAUTHD_PERSON=person-1)" -gt 0 ] && [ "$(events_told refused)" -gt 0 ]; }
# events ARGUMENT...: one a line.
events() { faceauthctl events --json --limit 1000 "$@" | sed 's/}, {/}\n{/g'; }
count() { grep -c '"event": ' || true; }
kinds() { sed -n 's/.*"event": "\([a-z-]*\)".*/\1/p' | sort -u; }

# It tells of an order that is given later, until it is ended as by Ctrl-C.
follows() {
    local follower status=0
    timeout --signal INT 90 faceauthctl events --follow --json --kind unlocked --limit 1 >/tmp/followed &
    follower=$!
    until_true 30 test -s /tmp/followed || return 1
    faceauthctl unlock
    until_true 30 grep -q '"detail": "by uid 0' /tmp/followed || return 1
    kill -INT "$follower"
    wait "$follower" || status=$?
    equal "$status" 130 && test "$(count </tmp/followed)" -ge 2
}

try_doctor() {
    title 'the doctor'
    local told
    expect 'with the service up nothing is bad' says_and_exits 0 '^good *service: active' faceauthd doctor
    told=$(faceauthd doctor || true)
    expect 'it asks the service for its camera' holds "$told" '^good *camera: in use by the running service'
    expect 'it reads the models' holds "$told" '^good *models: '
    expect 'and the gallery' holds "$told" '^good *gallery: people: [1-9]'
    expect 'and the rights' holds "$told" '^good *state folder: .*0700'
    expect 'and the socket' holds "$told" '^good *socket: .*0660'
    expect 'and the groups' holds "$told" '^good *groups: '
    expect 'it warns of pins that drive nothing' holds "$told" '^warning *pins: .*mock'
    systemctl stop faceauthd.service
    expect 'with the service down that is bad' says_and_exits 1 '^bad *service: ' faceauthd doctor
    told=$(faceauthd doctor --json || true)
    expect 'as JSON too' holds "$told" '"good": false'
    expect 'then it looks through the camera itself' holds "$told" 'scene:demo gives pictures of 640 x 480'
    expect 'root leaves nothing behind that the service could not write' equal \
        "$(find /var/lib/faceauthd ! -user faceauthd)" ''
    expect 'and the service starts again' systemctl start faceauthd.service
}
