#!/bin/sh
# check.sh: the package $DEB on a fresh Debian of this machine's suite. It is
# installed with what it depends on, runs samples/demo.sh as nobody against
# the fake site $FAKESITE, and is purged, which leaves nothing. Needs root.
set -eu

root=$(mktemp -d /tmp/rollcall-deb.XXXXXX)
demo=$root/demo

cleanup() {
    umount "$root/proc" 2>/dev/null || true
    rm -rf --one-file-system "$root"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

# SITE CODENAME of what apt uses here; no mirror stands in any file of ours.
# shellcheck disable=SC2016,SC2046 # $(…) is apt's; two words are wanted
set -- $(apt-get indextargets --format '$(SITE) $(CODENAME)' \
    'Created-By: Packages' 'Origin: Debian' 'Label: Debian' |
    grep -E ' [a-z]+$' | head -n 1)
[ $# -eq 2 ] || { echo 'apt knows no Debian mirror here' >&2; exit 1; }

within() {
    chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"
}

echo "a fresh Debian $2"
debootstrap --variant=minbase "$2" "$root" "$1" >"$BUILD/debootstrap.log" ||
    { tail "$BUILD/debootstrap.log" >&2; exit 1; }
mount -t proc proc "$root/proc"
cp /etc/resolv.conf "$root/etc/resolv.conf"

# With libraries of its own, so that it brings none that rollcall could use.
mkdir -p "$demo/lib"
cp -r samples "$demo/samples"
cp "$FAKESITE" "$demo/fakesite.bin"
ldd "$FAKESITE" | sed -n 's/.* => \([^ ]*\) .*/\1/p' | grep -v '/libc\.so' |
    xargs -I '{}' cp '{}' "$demo/lib"
cat >"$demo/fakesite" <<'SCRIPT'
#!/bin/sh
LD_LIBRARY_PATH=/demo/lib exec /demo/fakesite.bin "$@"
SCRIPT
chmod -R a+rX "$demo"
chmod 755 "$root" "$demo/fakesite"

echo 'install'
cp "$DEB" "$demo/rollcall.deb"
within apt-get install -qq -y --no-install-recommends /demo/rollcall.deb \
    >"$BUILD/deb-install.log" 2>&1 ||
    { tail "$BUILD/deb-install.log" >&2; exit 1; }
within dpkg --verify rollcall
within dpkg -L rollcall >"$BUILD/deb-files"

echo 'demo'
chroot --userspec=nobody:nogroup "$root" /usr/bin/env -i \
    PATH=/usr/bin:/bin HOME=/tmp ROLLCALL=/usr/bin/rollcall \
    FAKESITE=/demo/fakesite DEMO=/tmp/run bash /demo/samples/demo.sh

echo 'purge'
within apt-get purge -qq -y rollcall >"$BUILD/deb-purge.log" 2>&1
rm -rf "$demo" "$root/tmp/run"
left=$(find "$root" -mindepth 1 -xdev -path "$root/proc" -prune -o -name '*rollcall*' \
    ! -path "$root/var/cache/*" ! -path "$root/var/log/*" -print)
while read -r path; do
    [ -d "$root$path" ] || [ ! -e "$root$path" ] || left="$left $path"
done <"$BUILD/deb-files"
[ -z "$left" ] || { echo "left behind: $left" >&2; exit 1; }
if within dpkg-query -W rollcall 2>/dev/null; then
    echo 'dpkg still knows it' >&2
    exit 1
fi
echo 'the package installs, runs and leaves nothing'
