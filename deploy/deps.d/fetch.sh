# SPDX-License-Identifier: Apache-2.0
#
# fetch.sh: the archives of parts.txt, each from the registry of its kind, by
# name and version, into $downloads; never used without its SHA-256.
# Sourced by deploy/deps, which sets $cache, $downloads and $python.

# The row of part or tool $1: name version kind package release sha256 needs.
row() {
    awk -v name="$1" '$1 == name { print; found = 1 }
        END { exit !found }' "$table" ||
        { echo "deps: parts.txt has no row \"$1\"" >&2; return 1; }
}

field() {
    row "$1" | awk -v n="$2" '{ print $n }'
}

needs() {
    field "$1" 7 | tr ',-' '\n\n' | sed '/^$/d'
}

is_sha256() {
    echo "$2  $1" | sha256sum --check --status 2>/dev/null
}

# Where the archive of $1 lies once fetched.
archive() {
    local kind package release

    read -r _ _ kind package release _ < <(row "$1")
    case $kind in
    crate) echo "$downloads/$package-$release.crate" ;;
    sdist) echo "$downloads/$package-$release.tar.gz" ;;
    wheel) echo "$downloads/$package-$release.whl" ;;
    esac
}

fetch() {
    local kind package release sha256 file temp

    read -r _ _ kind package release sha256 _ < <(row "$1")
    file=$(archive "$1")
    if [ -f "$file" ] && is_sha256 "$file" "$sha256"; then
        return 0
    fi
    echo "deps: fetching $package $release"
    temp=$(mktemp -d "$cache/tmp/fetch.XXXXXX")
    "fetch_$kind" "$package" "$release" "$sha256" "$temp"
    if ! is_sha256 "$temp/archive" "$sha256"; then
        echo "deps: $package $release is not the file that parts.txt names:" \
            "SHA-256 $(sha256sum <"$temp/archive" | cut -d' ' -f1)," \
            "expected $sha256" >&2
        return 1
    fi
    mv "$temp/archive" "$file"
    rm -rf "$temp"
}

# Cargo checks the crate against its index; we check the file that it keeps.
fetch_crate() {
    local package=$1 release=$2 temp=$4 home

    mkdir "$temp/src"
    : >"$temp/src/lib.rs"
    cat >"$temp/Cargo.toml" <<-END
	[package]
	name = "fetch"
	version = "0.0.0"
	edition = "2021"
	[dependencies]
	$package = "=$release"
	END
    (cd "$temp" && cargo fetch --quiet)
    home=${CARGO_HOME:-$HOME/.cargo}
    cp "$home"/registry/cache/*/"$package-$release.crate" "$temp/archive"
}

pip_download() {
    local package=$1 release=$2 sha256=$3 temp=$4

    shift 4
    mkdir "$temp/pip"
    echo "$package==$release --hash=sha256:$sha256" >"$temp/requirements.txt"
    "$python" -m pip --disable-pip-version-check download --quiet --no-deps \
        --progress-bar off --require-hashes -r "$temp/requirements.txt" \
        -d "$temp/pip" "$@"
    mv "$temp"/pip/* "$temp/archive"
}

fetch_wheel() {
    pip_download "$@" --only-binary :all:
}

# pip asks an sdist for its metadata: by our setuptools, with nothing fetched.
fetch_sdist() {
    local temp=$4 tool

    for tool in setuptools packaging; do
        "$python" -m zipfile -e "$(archive "$tool")" "$temp/site"
    done
    PYTHONPATH=$temp/site pip_download "$@" \
        --no-build-isolation --no-binary :all:
}
