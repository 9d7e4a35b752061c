# A Debian in a virtual machine, for what needs a kernel of its own; sourced after root.sh, not run.
# shellcheck shell=bash

# machine_disk ROOT FOLDER: what boot_machine boots from, made of ROOT: kernel, initrd and disk in FOLDER.
machine_disk() {
    local root=$1 folder=$2 version
    version=$(basename "$root"/lib/modules/*)
    if [ ! -e "$folder/initrd" ]; then
        sed -i 's/^MODULES=.*/MODULES=list/' "$root/etc/initramfs-tools/initramfs.conf"
        printf '%s\n' virtio_pci virtio_blk ext4 >"$root/etc/initramfs-tools/modules"
        in_root "$root" mkinitramfs -o /boot/initrd.test "$version"
        cp "$root/boot/vmlinuz-$version" "$folder/vmlinuz"
        mv "$root/boot/initrd.test" "$folder/initrd"
    fi
    rm -f "$folder/disk"
    truncate -s 4G "$folder/disk"
    mkfs.ext4 -q -E lazy_itable_init=1 -O ^has_journal -d "$root" "$folder/disk"
}

# run_at_boot ROOT COMMAND: ROOT, booted, runs COMMAND as root, its output on the serial line, and powers off.
run_at_boot() {
    local unit
    mkdir -p "$1/etc/systemd/system/multi-user.target.wants"
    cat >"$1/etc/systemd/system/system-test.service" <<UNIT
[Unit]
Description=The system test
After=systemd-udev-settle.service systemd-tmpfiles-setup.service dbus.service
[Service]
Type=oneshot
TimeoutStartSec=infinity
Environment=HOME=/root LANG=C.UTF-8 TERM=dumb
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
ExecStart=/bin/sh -c '$2; echo "system-test: exit status \$\$?"; sync'
ExecStopPost=/usr/bin/systemctl --no-block poweroff --force --force
UNIT
    ln -sf ../system-test.service "$1/etc/systemd/system/multi-user.target.wants/system-test.service"
    # A login there would hang up the line; the others only take time.
    for unit in getty.target serial-getty@ttyS0.service apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
        e2scrub_all.timer fstrim.timer; do
        ln -sf /dev/null "$1/etc/systemd/system/$unit"
    done
}

# boot_machine FOLDER SECONDS: boots its disk, which stays as it is, shows the serial line, and returns the exit status
# of the command, or 75 if it did not end in SECONDS, which says something of this machine and nothing of the product.
# The processor's own virtualisation is used where it works, unless FACEAUTHD_EMULATE is set; else it is emulated,
# several times slower, and then the machine's clock counts instructions, a thousand million a second, so that inside it
# nothing is late. The emulated processor is an old one, for a newer one's fused multiplications are emulated twenty
# times slower (QEMU 7.2).
boot_machine() {
    local folder=$1 seconds=$2 way=(-accel tcg -cpu Nehalem -icount 'shift=0,sleep=off' -smp 1) status ended=0
    if virtualisation_works "$folder"; then way=(-accel kvm -cpu max -smp 2); fi
    echo "booting a virtual machine (${way[*]})"
    emulate "$folder" "$seconds" quiet "${way[@]}" | tee "$folder/console" || ended=$?
    status=$(sed -n 's/^.*system-test: exit status //p' "$folder/console" | tail -n 1)
    if [ -z "$status" ] && { [ "$ended" -eq 124 ] || [ "$ended" -eq 137 ]; }; then
        echo "the virtual machine was still running after $seconds s: ended"
        return 75
    fi
    return "${status:-1}"
}

# emulate FOLDER SECONDS KERNEL-OPTIONS ARGUMENT...
emulate() {
    local folder=$1 seconds=$2 options=$3
    shift 3
    timeout --kill-after=10 "$seconds" qemu-system-x86_64 "$@" -m 2048 \
        -kernel "$folder/vmlinuz" -initrd "$folder/initrd" \
        -append "root=/dev/vda rw console=ttyS0 systemd.show_status=0 net.ifnames=0 mitigations=off tsc=reliable clocksource=tsc $options" \
        -drive "file=$folder/disk,format=raw,if=virtio,snapshot=on" -nic none -nographic -no-reboot </dev/null 2>&1 |
        sed -u 's/\r//g'
}

# Whether KVM is there, may be used, and gets as far as the kernel's first line: some machines offer it and then fail.
virtualisation_works() {
    [ -z "${FACEAUTHD_EMULATE:-}" ] && [ -w /dev/kvm ] || return 1
    emulate "$1" 20 panic=-1 -accel kvm -cpu max -smp 2 2>/dev/null | grep -q 'Linux version'
}
