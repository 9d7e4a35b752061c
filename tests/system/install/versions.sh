# The trials of `./dev system install` of what follows the first installation; sourced, not run.
# shellcheck shell=bash disable=SC2317,SC2329  # what expect runs is not unreachable

try_repeating() {
    title 'repeating it'
    local begin=$SECONDS
    expect 'install.sh succeeds again' ./install.sh
    echo "    it took $((SECONDS - begin)) s"
    expect 'the service runs' is_active
}

try_damage() {
    title 'a version that is damaged'
    local module
    module=$(echo /opt/faceauthd/current/lib/python3*/site-packages/faceauthd/rules.py)
    echo 'raise SystemExit(1)' >>"$module"
    expect 'install.sh succeeds' ./install.sh
    expect 'it has built the version anew, beside the damaged one' holds "$(version_in_force)" '\.again$'
    expect 'and the service runs' is_active
}

# With the camera unplugged, which says nothing against the new version.
try_upgrade() {
    title 'an upgrade, while there is no camera'
    local before told
    before=$(version_in_force)
    set_version 99.0.0
    printf '%s\n' '# Made up by the test.' 'novelty: {shade: 7}' >>config/faceauthd.yaml
    sed -i '/^  lores_height:/d' config/faceauthd.yaml
    settings picamera2 >"$CONFIGURATION"
    expect 'install.sh succeeds' timeout 900 ./install.sh
    told=$(cat /tmp/expect)
    expect 'it says that the service waits for its camera' holds "$told" 'it waits for its camera'
    expect 'and which keys are new, with their defaults' holds "$told" 'new key: novelty.shade, by default 7'
    expect 'and which are gone' holds "$told" 'this key is gone: camera.lores_height'
    expect 'and of no other key' equal "$(grep -c 'new key:\|this key is gone:' <<<"$told")" 2
    expect 'the new version is in force' holds "$(version_in_force)" '^99.0.0-'
    expect 'the one before is still there' test -d "/opt/faceauthd/versions/$before"
    expect 'the configuration is kept' configuration_is picamera2
    settings >"$CONFIGURATION"
    expect 'with its camera it runs' systemctl restart faceauthd.service
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

    echo 'nonsense: 1' >>"$CONFIGURATION"
    expect 'a configuration that it cannot read stops it' fails ./install.sh
    expect 'the old version was not even restarted' equal "$(property MainPID) $(version_in_force)" "$pid $before"
    settings >"$CONFIGURATION"

    cp faceauthd/cli/run.py /tmp/run.py
    echo 'raise SystemExit(1)' >>faceauthd/cli/run.py
    expect 'a version that does not start is noticed' fails ./install.sh
    expect 'the old version is in force again' equal "$(version_in_force)" "$before"
    expect 'and runs' is_active
    cp /tmp/run.py faceauthd/cli/run.py
    set_version 99.0.0
}

try_bundle() {
    title 'a bundle'
    expect 'a bundle is made' ./install.sh --make-bundle /bundle
    expect 'uninstalling succeeds' ./install.sh --uninstall
    expect 'nothing is left to run' fails test -e /usr/local/bin/faceauthd
    expect 'people and configuration stay' test -d /var/lib/faceauthd -a -e "$CONFIGURATION"
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
    expect 'it has brought its pages' test -s /opt/faceauthd/current/share/faceauthd/docs/hardware.md
}

try_purge() {
    title 'going away'
    expect 'purging asks, and does nothing with nobody to ask' fails ./install.sh --purge
    expect 'the service still runs' is_active
    expect 'purging succeeds' ./install.sh --purge --yes
    expect 'nothing is left' fails ls -d /var/lib/faceauthd /etc/faceauthd /opt/faceauthd /usr/local/lib/systemd/system/faceauthd.service
    expect 'the user is gone' fails getent passwd faceauthd
}
