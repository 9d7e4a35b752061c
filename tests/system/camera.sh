#!/usr/bin/env bash
# Proves: an unmodified picamera2 on a real libcamera, in a booted Debian 13 of its own, gives the service that install.sh
# installed, confined as its unit is shipped, frames that are right in colour, order and time (NV12, main and lores from
# one request, converted by us). A camera that is plugged in after the start is found by the same process; somebody is
# enrolled before it, walks away, walks up again, and the door opens for them; without frames for a minute and a half
# nothing is restarted, orders are obeyed, the journal has one fault and one recovery, and the camera is trusted again; a
# driver that hangs is ended by the watchdog, or stopped within its time; a camera's number that is not there is a fault
# that names it. The unit's drop-in for the test sets two variables of the virtual camera, and takes nothing of the
# confinement away.
# Cannot: speak for a Pi's sensor, image processor, exposure, focus, lux, or formats other than NV12, which is all that
# libcamera's virtual camera gives; nor for a Pi's device nodes: the virtual camera needs memory from /dev/dma_heap, and
# no /dev/video* or /dev/media* (`./dev system gpio` uses one of those). It shows a drawn scene, which is a series of
# still pictures over and over: that the liveness check lets them pass proves nothing about living people, nor about
# photographs. Pins are mock ones. Times are not a Pi's: where the machine is emulated its clock counts instructions.
# Takes about 10 minutes, 8 once its Debian is made, which it keeps in $FACEAUTHD_VM_CACHE (~/.cache/faceauthd-vm, 2 GB).
# Needs mmdebstrap, qemu-system-x86.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd -P)
parts=$here/tests/system/camera
. "$here/tests/system/lib/root.sh"
. "$here/tests/system/lib/machine.sh"

PICAMERA2=0.3.38
PACKAGES=systemd,systemd-sysv,dbus,kmod,udev,initramfs-tools,linux-image-amd64,ca-certificates,python3,python3-venv,python3-dev,gcc,libc6-dev,libcap-dev,python3-libcamera,libcamera-ipa
cache=${FACEAUTHD_VM_CACHE:-$HOME/.cache/faceauthd-vm}

# A Debian with picamera2 where Debian's own packages would be, made once for each recipe. What was half made is never
# taken for whole.
camera_root() {
    local recipe
    recipe=$(echo "$PICAMERA2 $PACKAGES" | sha256sum | cut -c 1-12)
    pristine=$cache/camera-$recipe
    [ ! -e "$pristine" ] || return 0
    rm -rf --one-file-system "$cache"/camera-*
    mkdir -p "$cache"
    debian_root trixie "$pristine.part" "$PACKAGES"
    in_root "$pristine.part" python3 -m venv /opt/pip
    # The others are pure Python, or small enough to be compiled.
    in_root "$pristine.part" /opt/pip/bin/pip --python /usr/bin/python3 install --quiet --break-system-packages \
        --only-binary=av,numpy,simplejpeg,OpenEXR,pillow "picamera2==$PICAMERA2"
    mv "$pristine.part" "$pristine"
}

# A copy of it, with this checkout installed as README.md says, the virtual camera, which is not plugged in yet, and the
# test.
furnish() {
    local test=$root/opt/camera-test python=/opt/faceauthd/current/bin/python
    cp -a "$pristine" "$root"
    clone_into "$root" /source
    in_root "$root" /source/install.sh
    mkdir -p "$test/frames" "$root/usr/share/libcamera/pipeline/virtual" "$root/etc/tmpfiles.d" "$root/etc/udev/rules.d" \
        "$root/etc/systemd/system/faceauthd.service.d"
    cp "$parts"/*.py "$parts"/*.yaml "$here/tests/system/lib"/*.py "$test/"
    cp "$parts/virtual.yaml" "$root/usr/share/libcamera/pipeline/virtual/"
    in_root "$root" "$python" /opt/camera-test/draw_frames.py /opt/camera-test/scene.yaml /opt/camera-test/frames
    in_root "$root" "$python" -c 'import sys; sys.path.append("/opt/camera-test"); import virtual_camera; virtual_camera.unplug()'
    echo /opt/camera-test >"$(echo "$root"/usr/local/lib/python3*/dist-packages)/camera-test.pth"
    cp "$test/faceauthd.yaml" "$root/etc/faceauthd/faceauthd.yaml"
    cp "$parts/service.conf" "$root/etc/systemd/system/faceauthd.service.d/"
    # picamera2 takes its buffers from a Pi's contiguous memory; any memory does for a camera that is none.
    echo 'L /dev/dma_heap/linux,cma - - - - system' >"$root/etc/tmpfiles.d/camera-test.conf"
    echo 'SUBSYSTEM=="dma_heap", GROUP="video", MODE="0660"' >"$root/etc/udev/rules.d/60-camera-test.rules"
    run_at_boot "$root" "$python /opt/camera-test/walk_up.py"
}

need_root_user
need_command mmdebstrap mmdebstrap
need_command qemu-system-x86_64 qemu-system-x86
camera_root
make_workplace
root=$workplace/root
furnish
machine_disk "$root" "$workplace"
boot_machine "$workplace" "${BOOT_TIMEOUT_S:-1800}"
echo "camera: passed"
