#!/bin/sh
# Builds what the virtual machine of radio.test.ts boots: Debian's own kernel, and an initramfs with busybox, D-Bus,
# bluetoothd, btvirt, the modules they need, and Python with Bumble, another implementation of Bluetooth than BlueZ. Neither Node
# nor this project is in it: the guest takes them from the tree, which qemu shares read-only, so an image is built once, and again
# only when this file, requirements.txt or init.sh has changed.
#   build-image.sh        prints the folder of the image (vmlinuz, initramfs); progress goes to stderr
# Needs mmdebstrap, root (or user namespaces), a Debian mirror, a Python package index, 700 MB for a moment; takes 10 to 30
# seconds, needs no terminal, mounts nothing, runs no package's scripts. The mirror is the one of this machine's apt; the index
# is pip's, or what PIP_INDEX_URL, PIP_FIND_LINKS and pip's other variables and files say. Over https both look for this machine's
# CA certificates where Debian's ca-certificates puts them, unless apt's Acquire::https::CAInfo or PIP_CERT say otherwise.
set -eu
# The same image whoever makes it, and nobody's CDPATH in it.
umask 022
unset CDPATH

suite=bookworm
programs='usr/libexec/bluetooth/bluetoothd usr/bin/btvirt usr/bin/btmon usr/bin/bluetoothctl usr/bin/dbus-daemon usr/bin/dbus-send usr/bin/dbus-monitor usr/bin/python3.11'
# The random generators come first: without them Bluetooth has no key pairs. BlueZ signs and encrypts through the algif modules.
modules='ctr sha512_generic jitterentropy_rng drbg cmac ecb algif_hash algif_skcipher hci_vhci uhid virtio_pci 9pnet_virtio 9p'
# Of Python's own library what no program of the guest imports.
unused='pydoc_data unittest distutils lib2to3 ensurepip idlelib tkinter test config-*'
# What Node itself is linked with.
libraries='libstdc++.so.6 libgcc_s.so.1 libm.so.6 libdl.so.2 libpthread.so.0 libc.so.6'

here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vitalseal/radio-vm
image=$cache/$(cat "$here/build-image.sh" "$here/requirements.txt" "$here/init.sh" | sha256sum | cut -c1-16)

say() { printf 'radio-vm: %s\n' "$*" >&2; }
if [ -f "$image/initramfs" ]; then
  touch "$image"
  echo "$image"
  exit
fi

mkdir -p "$cache"
tmp=$(mktemp -d "$cache/building.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
r=$tmp/debian
t=$tmp/initramfs.d

# apt knows the mirror, and the proxy that leads to it.
targets=$(apt-get indextargets --format '$(CREATED_BY)|$(LABEL)|$(CODENAME)|$(REPO_URI)' 2>/dev/null | grep '^Packages|Debian|' || true)
mirror=$(printf '%s\n' "$targets" | sort -t'|' -k3,3 | awk -F'|' -v suite=$suite '{ any = $4 } $3 == suite { found = $4 } END { print found ? found : any }')
apt-config dump --no-empty --format '%f "%v";%n' Acquire::http Acquire::https 2>/dev/null >"$tmp/apt.conf" || true

say "unpacking Debian packages (once)"
mmdebstrap --quiet --variant=extract --aptopt="$tmp/apt.conf" \
  --include=linux-image-amd64,bluez,bluez-test-tools,dbus-daemon,dbus-bin,busybox-static,libstdc++6,python3.11,python3-pip-whl \
  $suite "$r" ${mirror:+"$mirror"} </dev/null >&2
busybox=$r/bin/busybox
kernel=$(ls "$r/lib/modules")

say "packing the initramfs"
mkdir -p "$t/bin" "$t/sbin" "$t/lib64" "$t/lib/x86_64-linux-gnu" "$t/lib/modules/$kernel" "$t/etc" "$t/var/lib/bluetooth" \
  "$t/proc" "$t/sys" "$t/dev" "$t/tmp" "$t/run" "$t/project"
# bluetoothd and libdbus look below /var/run.
ln -s ../run "$t/var/run"
cp "$busybox" "$t/bin/"
# The kernel calls this one for a module that it finds missing.
ln -s ../bin/busybox "$t/sbin/modprobe"
cp "$here/init.sh" "$t/init"
chmod 755 "$t/init"

loader=lib64/ld-linux-x86-64.so.2
cp -L "$r/$loader" "$t/$loader"
run() { "$r/$loader" --library-path "$r/lib/x86_64-linux-gnu:$r/usr/lib/x86_64-linux-gnu" "$@"; }
needed() { run --list "$1" | sed -n 's/.*=> \(.*\/x86_64-linux-gnu\/[^ ]*\) .*/\1/p'; }
for program in $programs; do
  mkdir -p "$t/$(dirname "$program")"
  cp "$r/$program" "$t/$program"
  needed "$r/$program"
done >"$tmp/libraries"
for library in $libraries; do ls -d "$r"/lib/x86_64-linux-gnu/$library "$r"/usr/lib/x86_64-linux-gnu/$library 2>/dev/null || true; done >>"$tmp/libraries"
sort -u "$tmp/libraries" | while read -r library; do cp -L "$library" "$t/lib/x86_64-linux-gnu/"; done

# This Python with its own library alone. Empty: as if the caller had not set them.
python() {
  PYTHONHOME="$r/usr" PYTHONPATH= PYTHONOPTIMIZE= PYTHONPYCACHEPREFIX= run "$r/usr/bin/python3.11" -s -P "$@"
}
# pip asks each compiler of the machine for its version, to tell the index, and a compiler may write into HOME: here it finds no
# program, and a HOME of its own with the caller's settings in it.
mkdir "$tmp/home"
ln -s "${HOME:-}/.config" "${HOME:-}/.pip" "${HOME:-}/.netrc" "$tmp/home/"
pip_wheel=$(ls "$r"/usr/share/python-wheels/pip-*.whl)
pip() (
  export HOME="$tmp/home" PATH="$tmp/home" PIP_NO_INPUT=1
  python "$pip_wheel/pip" "$@" </dev/null >&2
)
pip download --quiet --no-cache-dir --no-deps --require-hashes --only-binary :all: \
  --dest "$tmp/wheels" --requirement "$here/requirements.txt"
mkdir -p "$t/usr/lib"
cp -R "$r/usr/lib/python3.11" "$t/usr/lib/"
(cd "$t/usr/lib/python3.11" && rm -rf $unused)
mkdir "$t/usr/lib/python3.11/dist-packages"
for wheel in "$tmp"/wheels/*.whl; do python -m zipfile -e "$wheel" "$t/usr/lib/python3.11/dist-packages"; done
# The guest's processor is emulated: it shall not compile as well.
python -m compileall -q --invalidation-mode unchecked-hash -s "$t" -p / "$t/usr/lib/python3.11" >&2

"$busybox" depmod -b "$r" "$kernel"
for module in $modules; do grep "/$module\.ko:" "$r/lib/modules/$kernel/modules.dep" | tr -d : | tr ' ' '\n'; done | sort -u | while read -r file; do
  mkdir -p "$t/lib/modules/$kernel/$(dirname "$file")"
  cp "$r/lib/modules/$kernel/$file" "$t/lib/modules/$kernel/$file"
done
"$busybox" depmod -b "$t" "$kernel"
echo "$modules" >"$t/etc/modules"

printf 'root:x:0:0:root:/:/bin/sh\nmessagebus:x:100:100::/:/bin/false\n' >"$t/etc/passwd"
printf 'root:x:0:\nmessagebus:x:100:\nbluetooth:x:101:\n' >"$t/etc/group"
echo '127.0.0.1 localhost' >"$t/etc/hosts"
# Default limits, and everything allowed: all programs of the guest are the test's.
cat >"$t/etc/bus.conf" <<'XML'
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_type="method_call"/><allow send_destination="*"/><allow receive_sender="*"/>
  </policy>
</busconfig>
XML

mkdir "$tmp/image"
cp "$r/boot/vmlinuz-$kernel" "$tmp/image/vmlinuz"
(cd "$t" && find . | "$busybox" cpio -o -H newc -R 0:0 2>/dev/null) >"$tmp/image/initramfs"
# Another build may have been faster: one is as good as the other.
mv -T "$tmp/image" "$image" 2>/dev/null || [ -f "$image/initramfs" ]
find "$cache" -mindepth 1 -maxdepth 1 -mtime +30 -exec rm -rf {} +
say "built, $(du -sh "$image" | cut -f1)"
echo "$image"
