#!/usr/bin/env bash
# The inside of `./dev system camera`: run as root in the booted machine; what follows `as_tester` is an ordinary user's.
set -uo pipefail
echo "booted; the machine's clock says $(cut -d . -f 1 /proc/uptime) s"
udevadm settle
export VIRTUAL_CAMERA_FPS=10
runuser -u tester -- /opt/venv/bin/python /opt/camera-test/walk_up.py
