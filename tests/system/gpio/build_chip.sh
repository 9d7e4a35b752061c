#!/usr/bin/env bash
# In a new Debian 12, as root: builds the kernel's gpio-sim, which Debian's kernels leave out, from Debian's own source.
set -euo pipefail
kernel=$(basename /lib/modules/*)
series=$(cut -d . -f 1,2 <<<"$kernel")
source=linux-source-$series
mkdir /tmp/chip
cd /tmp/chip

apt-get -q update
apt-get -q download "$source"
dpkg-deb --fsys-tarfile "$source"_*.deb | tar -xO "./usr/src/$source.tar.xz" |
    tar -xJ --strip-components=1 --wildcards "$source/drivers/gpio/gpio-sim.c" "$source/drivers/gpio/*.h" "$source/kernel/irq/irq_sim.c"
mv drivers/gpio/* kernel/irq/irq_sim.c .
# irq_to_desc() is not there for modules; generic_handle_irq() is, and does the same here.
sed -i 's/handle_simple_irq(irq_to_desc(irqnum))/generic_handle_irq(irqnum)/' irq_sim.c
printf '%s\n' 'obj-m := gpiosim.o' 'gpiosim-y := gpio-sim.o irq_sim.o' >Makefile
make -s -C "/lib/modules/$kernel/build" "M=$PWD" modules
install -D -m 644 gpiosim.ko "/lib/modules/$kernel/extra/gpiosim.ko"
depmod "$kernel"
