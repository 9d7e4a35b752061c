#!/usr/bin/env bash
# Proves: an unmodified picamera2 on a real libcamera, in a booted Debian 13 of its own, gives `faceauthd run` frames that
# are right in colour, order and time (NV12, main and lores from one request, converted by us); an ordinary user in group
# video may use the camera; somebody enrolled from the shipped photograph walks up before it and the door opens for them;
# a camera that stops giving frames is a fault with the door locked, is opened again and then trusted again; and
# faceauthd ends within its time while the camera hangs; a camera's number that is not there is a fault that names it.
# Cannot: speak for a Pi's sensor, image processor, exposure, focus, lux, or formats other than NV12, which is all that
# libcamera's virtual camera gives. It shows a drawn scene, which is a series of still pictures over and over: that the
# liveness check lets them pass proves nothing about living people, nor about photographs. Times are not a Pi's: where
# the machine is emulated its clock counts instructions.
# Takes about 5 minutes, 3 once its Debian is made, which it keeps in $FACEAUTHD_VM_CACHE (~/.cache/faceauthd-vm, 3 GB).
# Needs mmdebstrap, qemu-system-x86.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd -P)
parts=$here/tests/system/camera
. "$here/tests/system/lib/root.sh"
. "$here/tests/system/lib/machine.sh"

PICAMERA2=0.3.38
PACKAGES=systemd,systemd-sysv,dbus,kmod,udev,initramfs-tools,linux-image-amd64,ca-certificates,python3,python3-venv,python3-dev,gcc,libc6-dev,libcap-dev,python3-libcamera,libcamera-ipa
cache=${FACEAUTHD_VM_CACHE:-$HOME/.cache/faceauthd-vm}

# A Debian with picamera2 and what faceauthd needs, made once for each recipe. What was half made is never taken for whole.
camera_root() {
    local recipe
    recipe=$({ echo "$PICAMERA2 $PACKAGES"; cat "$here/requirements.lock"; } | sha256sum | cut -c 1-12)
    root=$cache/camera-$recipe
    [ ! -e "$root" ] || return 0
    rm -rf --one-file-system "$cache"/camera-*
    mkdir -p "$cache"
    debian_root trixie "$root.part" "$PACKAGES"
    cp "$here/requirements.lock" "$root.part/opt/"
    in_root "$root.part" python3 -m venv --system-site-packages /opt/venv
    in_root "$root.part" /opt/venv/bin/pip install --quiet --require-hashes --requirement /opt/requirements.lock
    # The others are pure Python, or small enough to be compiled.
    in_root "$root.part" /opt/venv/bin/pip install --quiet --only-binary=av,numpy,simplejpeg,OpenEXR,pillow \
        "picamera2==$PICAMERA2" 'hatchling>=1.26'
    in_root "$root.part" useradd --create-home --groups video tester
    mv "$root.part" "$root"
}

# This checkout, the virtual camera and the test.
furnish() {
    rm -rf --one-file-system "$root/source" "$root/opt/camera-test"
    clone_into "$root" /source
    in_root "$root" /opt/venv/bin/pip install --quiet --no-deps --no-build-isolation --force-reinstall /source
    mkdir -p "$root/opt/camera-test/frames" "$root/usr/share/libcamera/pipeline/virtual" "$root/etc/tmpfiles.d" "$root/etc/udev/rules.d"
    cp "$parts"/*.py "$here/tests/system/lib/draw_frames.py" "$parts/inside.sh" "$parts/scene.yaml" "$root/opt/camera-test/"
    cp "$parts/virtual.yaml" "$root/usr/share/libcamera/pipeline/virtual/"
    echo /opt/camera-test >"$(echo "$root"/opt/venv/lib/python3*/site-packages)/camera-test.pth"
    in_root "$root" /opt/venv/bin/python /opt/camera-test/draw_frames.py /opt/camera-test/scene.yaml /opt/camera-test/frames
    # picamera2 takes its buffers from a Pi's contiguous memory; any memory does for a camera that is none.
    echo 'L /dev/dma_heap/linux,cma - - - - system' >"$root/etc/tmpfiles.d/camera-test.conf"
    printf '%s\n' 'SUBSYSTEM=="dma_heap", GROUP="video", MODE="0660"' 'KERNEL=="udmabuf", GROUP="video", MODE="0660"' \
        >"$root/etc/udev/rules.d/60-camera-test.rules"
    run_at_boot "$root" '/bin/bash /opt/camera-test/inside.sh'
}

need_root_user
need_command mmdebstrap mmdebstrap
need_command qemu-system-x86_64 qemu-system-x86
camera_root
make_workplace
furnish
machine_disk "$root" "$workplace"
boot_machine "$workplace" "${BOOT_TIMEOUT_S:-1800}"
echo "camera: passed"
