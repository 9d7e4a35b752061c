#!/usr/bin/env bash
# At boot, before faceauthd: a simulated GPIO chip of 54 lines that calls itself a Pi 4's, and the board revision by which
# gpiozero knows it. Every change of a driven line is traced from then on: these four functions of the driver are the
# only ones that make one.
set -euo pipefail
modprobe configfs
modprobe gpiosim
mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config
mountpoint -q /sys/kernel/tracing || mount -t tracefs none /sys/kernel/tracing
cd /sys/kernel/tracing
echo mono >trace_clock
echo 8192 >buffer_size_kb
cat >kprobe_events <<'PROBES'
p:line/drive gpiosim:gpio_sim_set line=$arg2:u32 level=$arg3:u32
p:line/claim gpiosim:gpio_sim_direction_output line=$arg2:u32 level=$arg3:u32
p:line/drive_some gpiosim:gpio_sim_set_multiple mask=+0($arg2):u64 levels=+0($arg3):u64
p:line/release gpiosim:gpio_sim_free line=$arg2:u32
PROBES
echo 1 >events/line/enable

chip=/sys/kernel/config/gpio-sim/pi
mkdir "$chip" "$chip/bank0"
echo 54 >"$chip/bank0/num_lines"
echo pinctrl-bcm2835 >"$chip/bank0/label"
echo 1 >"$chip/live"
mkdir -p /run/pi
{ cat /proc/cpuinfo; printf '\nRevision\t: a03111\n'; } >/run/pi/cpuinfo
mount --bind /run/pi/cpuinfo /proc/cpuinfo
udevadm settle
