#!/usr/bin/env bash
# Comes by a benchgate: the one that BINARY names, else a release, whose checksum and attestation have to fit. Where no release
# belongs to this action it says `how=source`, and the steps after it build the action's own source. So they do on an Enterprise
# server: releases are GitHub's own, and only there `gh` can ask who built them.
#
# Reads BINARY, VERSION, ACTION_REF, ACTION_REPOSITORY, GH_TOKEN and GitHub's own variables; writes the step's outputs.
set -euo pipefail

fail() {
    echo "::error title=benchgate::$1"
    exit 2
}

output() {
    echo "$1=$2" >> "$GITHUB_OUTPUT"
}

# Ends this step: which benchgate it is, and where.
found() {
    output how "$1"
    output binary "$2"
    dirname -- "$2" >> "$GITHUB_PATH"
    exit 0
}

digests() {
    if command -v sha256sum > /dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi
}

# The release that this very action is; none for a branch, a commit between releases, or `uses: ./`.
own_release() {
    local version
    version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$GITHUB_ACTION_PATH/Cargo.toml" | head -n 1)
    if [ "$ACTION_REF" = "v$version" ]; then
        echo "$version"
    elif [ "${#ACTION_REF}" = 40 ] && git ls-remote --tags "$server/$repository" "v$version" "v$version^{}" 2> /dev/null \
        | grep -q "^$ACTION_REF"; then
        echo "$version"
    fi
}

# Installs version $1 into $root; says no if there is no such release.
download() {
    local url="$server/$repository/releases/download/v$1" archive="benchgate-v$1-$target.tar.gz" into="$root/download" file
    mkdir -p "$root/bin" "$into"
    for file in "$archive" SHA256SUMS; do
        curl --fail --silent --location --retry 3 --output "$into/$file" "$url/$file" || return 1
    done
    [ "$(cd "$into" && digests "$archive" | cut -c 1-64)" = "$(sed -n "s/ [ *]$archive\$//p" "$into/SHA256SUMS")" ] \
        || fail "the checksum of $archive is not the one in $url/SHA256SUMS; nothing was installed"
    if command -v gh > /dev/null; then
        gh attestation verify "$into/$archive" --repo "$repository" \
            --signer-workflow "$repository/.github/workflows/release.yml" \
            || fail "GitHub has no attestation that $repository built $archive; nothing was installed"
    else
        echo "::warning title=benchgate::gh is not here, so who built $archive was not verified; its checksum was"
    fi
    # From inside: where paths begin with `D:`, tar takes that for a host.
    (cd "$into" && tar -xzf "$archive" -C "$root/bin" --strip-components 1) || fail "$archive cannot be unpacked"
    found release "$root/bin/benchgate$suffix"
}

# Has the steps after this one build the action's own source.
own_source() {
    local sources
    echo "No release belongs to this action: it is built from its source."
    sources=$(cd "$GITHUB_ACTION_PATH" && find Cargo.toml Cargo.lock src docs examples -type f -print0 | LC_ALL=C sort -z \
        | xargs -0 cat | digests | cut -c 1-32)
    output root "$root"
    output key "benchgate-program-${ImageOS:-$RUNNER_OS}-$RUNNER_ARCH-$sources"
    found source "$root/bin/benchgate$suffix"
}

if [ -n "$BINARY" ]; then
    program=$(command -v -- "$BINARY") || fail "binary: '$BINARY' is no program that can be started"
    "$program" --version || fail "binary: '$program --version' fails"
    found binary "$program"
fi

suffix=
case "$RUNNER_OS-$RUNNER_ARCH" in
    Linux-X64) target=x86_64-unknown-linux-gnu ;;
    Linux-ARM64) target=aarch64-unknown-linux-gnu ;;
    macOS-X64) target=x86_64-apple-darwin ;;
    macOS-ARM64) target=aarch64-apple-darwin ;;
    Windows-X64) target=x86_64-pc-windows-msvc suffix=.exe ;;
    *) fail "benchgate measures on Linux, macOS and Windows x64, and this runner is $RUNNER_OS $RUNNER_ARCH; see docs/github.md, Runners" ;;
esac
server=https://github.com
repository=${ACTION_REPOSITORY:-benchgate/benchgate}
root=${RUNNER_TEMP//\\//}/benchgate-program
rm -rf "$root"

# shellcheck disable=SC2153 # an input of its own, not this name in small letters
version=${VERSION#v}
if [ "$GITHUB_SERVER_URL" != "$server" ]; then
    [ -z "$version" ] || fail "version: releases are installed on $server only, and this is $GITHUB_SERVER_URL; leave it away, and the action's own source is built, or install benchgate on the runner and name it as 'binary'"
    own_source
fi
if [ -n "$version" ]; then
    download "$version" || fail "no release v$version for $target at $server/$repository"
fi
version=$(own_release)
if [ -n "$version" ]; then
    download "$version" || true
fi

own_source
