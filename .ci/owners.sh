#!/bin/sh
# One module owns each library: no other file of extractor/ or transforms/
# may include its header.
set -u

status=0

# only OWNERS REGEX: REGEX may be found in files of OWNERS alone.
only() {
    found=$(grep -nE "$2" extractor/*.[ch] transforms/*.[ch] |
        grep -vE "^(extractor|transforms)/($1)\.[ch]:")
    [ -n "$found" ] || return 0
    echo "reserved for ($1):"
    echo "$found"
    status=1
}

include='^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]'
only 'http(_[a-z]+)?' "${include}curl/"
only 'nobody' "${include}(cjson/)?cJSON"
only 'csv(_[a-z]+)?' "${include}csv\.h>"
only 'sink(_[a-z]+)?' "${include}zlib\.h"
only 'db' "${include}sqlite3\.h"
only 'digest|signature' "${include}openssl/"
only 'pattern' "${include}regex\.h"
only 'worker' "${include}pthread\.h"
only 'sink(_[a-z]+)?' '(^|[^a-z_])fsync\('

exit "$status"
