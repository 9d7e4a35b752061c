# A booted Debian in a container: real systemd, journald, namespaces and seccomp; sourced after root.sh, not run.
# shellcheck shell=bash
network_environment=("${network_environment[@]}")

# boot_and_run ROOT SCRIPT [ARGUMENT...]: boots ROOT with systemd-nspawn, runs SCRIPT (a path inside it) as a service of
# its own, shows what it prints, powers off, and returns its exit status, or 75 if it did not end in its time, which says
# something of this machine and nothing of the product. The network is this machine's.
boot_and_run() {
    local root=$1 watcher ended=0
    shift
    mkdir -p "$root/result"
    rm -f "$root/result"/*
    : >"$root/result/output"
    printf '%s\n' "${network_environment[@]}" PIP_CERT=/etc/ssl/certs/ca-certificates.crt >"$root/result/environment"
    cat >"$root/etc/systemd/system/system-test.service" <<UNIT
[Unit]
Description=The system test
After=multi-user.target
SuccessAction=poweroff-force
FailureAction=poweroff-force
[Service]
Type=oneshot
TimeoutStartSec=infinity
EnvironmentFile=/result/environment
Environment=HOME=/root LANG=C.UTF-8 TERM=dumb
StandardOutput=append:/result/output
StandardError=inherit
ExecStart=/bin/sh /result/run
UNIT
    printf '%q ' "$@" >"$root/result/run"
    printf '\necho $? >/result/status\n' >>"$root/result/run"
    tail -n +1 -f "$root/result/output" &
    watcher=$!
    # Without a systemd on this machine nspawn must neither register the container nor look for its own unit.
    # Without CAP_NET_ADMIN the systemd inside could not set up PrivateNetwork=, and would go on without.
    SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 timeout --kill-after=30 "${BOOT_TIMEOUT_S:-2400}" \
        systemd-nspawn --quiet --register=no --keep-unit --machine=faceauthd-test --directory="$root" \
        --resolv-conf=copy-host --capability=CAP_NET_ADMIN --boot systemd.unit=multi-user.target systemd.wants=system-test.service \
        systemd.show_status=0 </dev/null >"$root/result/console" 2>&1 || ended=$?
    sleep 0.5
    kill "$watcher"
    wait "$watcher" 2>/dev/null || true
    remove_empty_cgroups
    if [ ! -s "$root/result/status" ] && { [ "$ended" -eq 124 ] || [ "$ended" -eq 137 ]; }; then
        echo "the container was still running after ${BOOT_TIMEOUT_S:-2400} s: ended" >&2
        return 75
    fi
    if [ ! -s "$root/result/status" ]; then
        echo "the container ended without a result; its console said:" >&2
        tail -n 30 "$root/result/console" >&2
        return 1
    fi
    return "$(cat "$root/result/status")"
}

# nspawn leaves them where no systemd tidies up, and then does not start a second time.
remove_empty_cgroups() {
    local top name
    for top in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
        for name in payload supervisor; do
            [ ! -d "$top/$name" ] || find "$top/$name" -depth -type d -exec rmdir {} \; 2>/dev/null || true
        done
    done
}
