# The trials of `./dev system install` that the service sends and writes nothing it should not; sourced, not run.
# shellcheck shell=bash disable=SC2317,SC2329  # what expect runs is not unreachable

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
