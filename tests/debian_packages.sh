# Debian packages that only tests need: real proxies, and a browser for the report. Installed where this is
# root and has apt; elsewhere named, and their tests are skipped.
set -u
missing=""
for package in nginx haproxy chromium nftables; do
    program=$package
    [ "$package" = nftables ] && program=nft
    PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v "$program" >/dev/null || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Debian packages for tests:$missing"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086
    apt-get install -qq -y --no-install-recommends $missing >/dev/null && exit 0
fi
echo "Tests that need these Debian packages are skipped:$missing (apt-get install$missing)"
