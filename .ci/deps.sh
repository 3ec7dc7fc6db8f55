#!/bin/sh
# deps.sh PACKAGE…: installs those Debian packages that are missing.
set -u

if ! command -v dpkg-query >/dev/null; then
    echo "not a Debian system: these are expected to be there: $*" >&2
    exit 0
fi

missing=
for package in "$@"; do
    # A package another one provides (pkg-config by pkgconf) is there too
    # when the tool of that name is.
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null |
        grep -q ' installed$' ||
        command -v "$package" >/dev/null ||
        missing="$missing $package"
done
[ -n "$missing" ] || exit 0

install="apt-get install -y --no-install-recommends$missing"
sudo=
if [ "$(id -u)" -ne 0 ]; then
    sudo="sudo -n"
    if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
        echo "missing packages; install them as root and run make again:" >&2
        echo "    $install" >&2
        exit 1
    fi
fi

export DEBIAN_FRONTEND=noninteractive
echo "installing$missing"
$sudo apt-get update -qq && $sudo $install
