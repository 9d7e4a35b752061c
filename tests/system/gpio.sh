#!/usr/bin/env bash
# Proves: the service that install.sh installed in a Debian 12, booted with a simulated GPIO chip behind the kernel's own
# interface (unmodified gpiozero and lgpio), does on its lines what it says: a press enrols from the replay camera, a
# walk-up raises the relay's line for unlock_s, a stranger does not; lamps and buzzer follow, with the times measured.
# Over 20 starts, crashes (SIGKILL, SIGABRT, also half-way through a start) and stops the relay's line never goes active
# before a verdict, which is read from the kernel's trace of every write to a line, not from samples; a process that is
# killed or hangs while the door is open leaves it locked, and comes back with the gallery intact. A line that something
# else holds and a chip that the service may not use are one clear line each, and locked. Then the same with a door that
# has everything (config/boards/pi-door.yaml, a bar, dimmed lamps, notes) and a USB camera, the kernel's test driver for
# V4L2: exit button, contact, alarm, long press, how lamps fade and notes sound; with the camera unplugged for a minute and
# a half nothing is restarted, the exit button answers, the journal has one fault and one recovery; the doctor, with the
# service up and down; and panel-test with every output and every contact.
# Cannot: show the electrical side, nor what a Pi's own chip does with a line whose owner died: it may leave an output as
# it was, which is why ExecStopPost writes it; the simulated chip lets go, as a pull-down would. The visitors are drawn,
# so their being let in says nothing about living people; the USB camera shows a test card, on no USB. No camera measures
# brightness here: the light's line moves in panel-test only. Times are not a Pi's: where the machine is emulated its clock
# counts instructions, a thousand million a second.
# Takes about 18 minutes on 2 processors without virtualisation, 16 once its Debian is made, which it keeps in
# $FACEAUTHD_VM_CACHE (~/.cache/faceauthd-vm, 1.3 GB). Needs mmdebstrap, qemu-system-x86.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd -P)
parts=$here/tests/system/gpio
. "$here/tests/system/lib/root.sh"
. "$here/tests/system/lib/machine.sh"

PACKAGES=systemd,systemd-sysv,dbus,kmod,udev,initramfs-tools,linux-image-amd64,linux-headers-amd64,gcc,make,xz-utils,python3,ca-certificates
cache=${FACEAUTHD_VM_CACHE:-$HOME/.cache/faceauthd-vm}

# A Debian with a kernel and the simulated chip's module, made once for each recipe.
gpio_root() {
    local recipe
    recipe=$({ echo "$PACKAGES"; cat "$parts/build_chip.sh"; } | sha256sum | cut -c 1-12)
    pristine=$cache/gpio-$recipe
    [ ! -e "$pristine" ] || return 0
    rm -rf --one-file-system "$cache"/gpio-*
    mkdir -p "$cache"
    debian_root bookworm "$pristine.part" "$PACKAGES"
    cp "$parts/build_chip.sh" "$pristine.part/opt/"
    in_root "$pristine.part" /bin/bash /opt/build_chip.sh
    mv "$pristine.part" "$pristine"
}

# A copy of it, with this checkout installed as README.md says, the visitors' pictures and the test.
furnish() {
    local test=$root/opt/gpio-test python=/opt/faceauthd/current/bin/python scene
    cp -a "$pristine" "$root"
    clone_into "$root" /source
    # For which install.sh has to bring PyAV.
    mkdir -p "$root/etc/faceauthd"
    echo 'camera: {source: "av:/dev/video0"}' >"$root/etc/faceauthd/faceauthd.yaml"
    in_root "$root" /source/install.sh
    mkdir -p "$test" "$root/etc/systemd/system/faceauthd.service.d" "$root/etc/systemd/system/multi-user.target.wants"
    cp "$parts"/*.py "$parts"/*.yaml "$parts"/*.sh "$here/tests/system/lib"/*.py "$here/config/boards/pi-door.yaml" "$test/"
    for scene in day walk_up; do
        mkdir "$test/$scene"
        in_root "$root" "$python" /opt/gpio-test/draw_frames.py "/opt/gpio-test/$scene.yaml" "/opt/gpio-test/$scene" 4
    done
    cp "$test/faceauthd.yaml" "$root/etc/faceauthd/faceauthd.yaml"
    cp "$parts/chip.service" "$root/etc/systemd/system/"
    ln -s ../chip.service "$root/etc/systemd/system/multi-user.target.wants/chip.service"
    cp "$parts/service.conf" "$root/etc/systemd/system/faceauthd.service.d/"
    echo 'SUBSYSTEM=="gpio", KERNEL=="gpiochip*", GROUP="gpio", MODE="0660"' >"$root/etc/udev/rules.d/99-gpio.rules"
    run_at_boot "$root" '/opt/faceauthd/current/bin/python /opt/gpio-test/at_the_door.py'
}

need_root_user
need_command mmdebstrap mmdebstrap
need_command qemu-system-x86_64 qemu-system-x86
gpio_root
make_workplace
root=$workplace/root
furnish
machine_disk "$root" "$workplace"
boot_machine "$workplace" "${BOOT_TIMEOUT_S:-2400}"
echo "gpio: passed"
