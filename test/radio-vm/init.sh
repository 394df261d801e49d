#!/bin/busybox sh
# The first process of the guest: the radio's modules, the project's folder, a system bus, then the program named on the kernel's
# command line as `run=`, by its path in the project. It ends the machine, whatever happens.
/bin/busybox --install -s /bin
export PATH=/project/node_modules/.bin:/bin:/usr/bin:/usr/libexec/bluetooth
export NO_COLOR=1
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
mkdir -p /run/dbus
ip link set lo up
argument() { sed -n "s/.*\b$1=\([^ ]*\).*/\1/p" /proc/cmdline; }

# Whatever hangs in here, the machine ends.
(sleep "$(argument seconds)"; echo "radio-vm: time is up"; poweroff -f) &
modprobe -a $(cat /etc/modules)
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro project /project
mkdir /stripped
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro stripped /stripped
export NODE_OPTIONS=--import=/project/test/radio-vm/guest/stripped.js
dbus-daemon --config-file=/etc/bus.conf --fork --nopidfile
cd /tmp
node "/project/$(argument run)"
echo "radio-vm: ended with $?"
poweroff -f
