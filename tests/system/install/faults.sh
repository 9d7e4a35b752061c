# The trials of `./dev system install` of crashes and of what may be wrong on the machine; sourced, not run.
# shellcheck shell=bash disable=SC2317,SC2329  # what expect runs is not unreachable

try_crashes() {
    title 'crashes'
    local pid begin known=$'ann\tadmin\t1'
    run_afresh_with none
    pid=$(property MainPID)
    begin=$SECONDS
    expect 'somebody is enrolled' faceauthctl enroll ann --images tests/data/faces/astronaut.jpg
    kill -KILL "$pid"
    expect 'killed at that moment, it is back' until_true 60 is_another_process "$pid"
    echo "    after $((SECONDS - begin)) s"
    expect 'and knows whom it knew' equal "$(who_is_enrolled)" "$known"
    expect 'ExecStopPost closed the relay' equal \
        "$(journalctl --unit faceauthd --output cat --no-pager | grep 'Control process exited')" ''
    expect 'as anybody can see' faceauthd panel-lock
    pid=$(property MainPID)
    begin=$SECONDS
    kill -STOP "$pid"
    expect 'the watchdog finds it stopped, and it is back' until_true 90 is_another_process "$pid"
    echo "    after $((SECONDS - begin)) s"
    expect 'and knows whom it knew' equal "$(who_is_enrolled)" "$known"
    expect 'no crash has damaged the gallery' equal "$(events_told gallery-repaired)" 0
}

# Names, roles and how many templates.
who_is_enrolled() { faceauthctl people | cut -f 1-3; }

try_wrong_configuration() {
    title 'a wrong configuration'
    local wrong
    for wrong in 'nonsense: 1' 'gate: {unlock_s: never}' 'enroll: {debounce_s: 9}'; do
        refuse_configuration "$wrong" "$(settings)"
    done
    # A pin used twice, and one that does not exist.
    refuse_configuration 'panel: {pin_factory: mock, pins: {buzzer: 17}}' "$(settings | grep -v ^panel)"
    refuse_configuration 'panel: {pin_factory: mock, pins: {led_red: 99}}' "$(settings | grep -v ^panel)"
    settings >"$CONFIGURATION"
    expect 'mended, it starts' systemctl restart faceauthd.service
}

# refuse_configuration LINE REST: the service does not start with it, and says so once.
refuse_configuration() {
    printf '%s\n%s\n' "$2" "$1" >"$CONFIGURATION"
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
    expect 'put back, it is there again by itself' until_true 60 is_active
}

try_state_folder() {
    title 'a state folder that cannot be written, and a full disk'
    local faces=/source/tests/data/faces
    # Nobody but us enrols anybody.
    settings | sed 's/^camera:.*/camera: {source: none}/' >"$CONFIGURATION"
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
    expect 'writable again, it is there by itself' until_true 60 is_active

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
    settings >"$CONFIGURATION"
    systemctl start faceauthd.service
}

is_between_attempts() { [[ $(property SubState) == auto-restart* ]]; }

# retried_and_said TEXT: it does not run, says so in one line for each attempt, and systemd tries again, but not oftener
# than it should.
retried_and_said() {
    local told
    sleep 10
    # An attempt that is under way may have said it, and not have ended.
    until_true 60 is_between_attempts || true
    told=$(errors_told)
    expect 'it does not run' fails is_active
    expect 'the journal says why, as an error' holds "$told" "$1"
    expect 'once for each attempt' equal "$(wc -l <<<"$told")" "$(lines_told | grep -c 'Main process exited')"
    expect 'systemd tries again, each 3 s at most' test "$(property NRestarts)" -ge 1 -a "$(wc -l <<<"$told")" -le 5
    expect 'the status says it' holds "$(property StatusText)" '^Not running, the door is locked: '
    expect 'and the relay was closed' holds "$(lines_told)" '^Locked: GPIO17 is low'
    head -n 1 <<<"    $told"
}
