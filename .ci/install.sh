#!/bin/sh
# install.sh install|uninstall: puts the program and what belongs to it below
# $DESTDIR$PREFIX, or removes just that again. The program, $ROLLCALL, finds
# its mappings in ../share beside itself, so PREFIX may be moved afterwards.
set -eu

to=${DESTDIR-}$PREFIX
doc=share/doc/rollcall
# Folders that are ours alone.
own="share/rollcall $doc"

# MODE TARGET SOURCE, one a line; only a source may hold blanks.
files() {
    echo "755 bin/rollcall $ROLLCALL"
    find mappings -name '*.json' | sort | while read -r file; do
        echo "644 share/rollcall/$file $file"
    done
    echo "644 $doc/README.md README.md"
    echo "644 $doc/LICENSE LICENSE"
    find samples -type f ! -path 'samples/site/*' ! -name demo.sh \
        ! -name first-ten-minutes.sh | sort |
        while read -r file; do
            mode=644
            [ ! -x "$file" ] || mode=755
            echo "$mode $doc/$file $file"
        done
}

# What the program prints: TARGET and its arguments, one a line. Debian has a
# place of its own for what completes words in zsh.
case $PREFIX in
/usr) zsh=share/zsh/vendor-completions ;;
*) zsh=share/zsh/site-functions ;;
esac
printed() {
    cat <<LIST
share/man/man1/rollcall.1 help man
share/man/man5/rollcall-job.5 help man-job
share/bash-completion/completions/rollcall completion bash
$zsh/_rollcall completion zsh
share/fish/vendor_completions.d/rollcall.fish completion fish
LIST
}

case $1 in
install)
    files | while read -r mode target source; do
        install -D -m "$mode" "$source" "$to/$target"
    done
    printed | while read -r target arguments; do
        install -D -m 644 /dev/null "$to/$target"
        # shellcheck disable=SC2086 # two words
        "$ROLLCALL" $arguments >"$to/$target"
    done
    ;;
uninstall)
    { files; printed | sed 's/^/- /'; } | while read -r _ target _; do
        rm -f "$to/$target"
    done
    for folder in $own; do
        [ ! -d "$to/$folder" ] || find "$to/$folder" -depth -type d \
            -exec rmdir --ignore-fail-on-non-empty '{}' +
    done
    ;;
*)
    echo "install.sh install|uninstall" >&2
    exit 64
    ;;
esac
