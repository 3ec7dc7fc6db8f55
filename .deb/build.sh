#!/bin/sh
# build.sh: makes the Debian package $DEB of the program $ROLLCALL. Variables:
# VERSION, MAINTAINER, BUILD. The same input and SOURCE_DATE_EPOCH (the time of
# the last commit unless set) make the same bytes.
set -eu

work=$BUILD/deb
tree=$work/tree
doc=$tree/usr/share/doc/rollcall
architecture=$(dpkg --print-architecture)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null ||
    stat -c %Y Makefile)}
export SOURCE_DATE_EPOCH LC_ALL=C.UTF-8

# The libraries it needs, as packages; the tool wants to stand in a source
# package.
depends() {
    mkdir -p "$work/source/debian"
    printf 'Source: rollcall\n\nPackage: rollcall\nArchitecture: any\n' \
        >"$work/source/debian/control"
    program=$(realpath "$tree/usr/bin/rollcall")
    (cd "$work/source" && dpkg-shlibdeps -O "$program") |
        sed -n 's/^shlibs:Depends=//p'
}

changelog() {
    printf 'rollcall (%s) unstable; urgency=medium\n\n  * Version %s.\n\n' \
        "$VERSION" "$VERSION"
    printf ' -- %s  %s\n' "$MAINTAINER" \
        "$(date -u -R -d "@$SOURCE_DATE_EPOCH")"
}

copyright() {
    echo 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/'
    printf '\nFiles: *\n'
    sed -n 's/^Copyright (c) /Copyright: /p' LICENSE
    echo 'License: Expat'
    sed -n '/^Permission/,$ { s/^$/./; s/^/ /; p }' LICENSE
}

rm -rf "$work"
DESTDIR=$tree PREFIX=/usr sh .ci/install.sh install
strip --strip-unneeded "$tree/usr/bin/rollcall"
rm "$doc/LICENSE"
copyright >"$doc/copyright"
changelog | gzip -9n >"$doc/changelog.gz"
gzip -9n "$tree"/usr/share/man/man*/*
chmod 644 "$doc/copyright" "$doc/changelog.gz"

install -d -m 755 "$tree/DEBIAN"
size=$(du -k -s --apparent-size "$tree/usr" | cut -f 1)
needs=$(depends)
[ -n "$needs" ]
sed -e "s/@VERSION@/$VERSION/" -e "s/@ARCHITECTURE@/$architecture/" \
    -e "s/@MAINTAINER@/$MAINTAINER/" -e "s/@SIZE@/$size/" \
    -e "s/@DEPENDS@/$needs/" .deb/control >"$tree/DEBIAN/control"
(cd "$tree" && find usr -type f | sort | xargs md5sum) >"$tree/DEBIAN/md5sums"
chmod 644 "$tree/DEBIAN/control" "$tree/DEBIAN/md5sums"
find "$tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" '{}' +

# One thread: how xz cuts its input is not to depend on the number of cores.
dpkg-deb --root-owner-group --threads-max=1 -Zxz --build "$tree" "$DEB"
