#!/usr/bin/env bash
# Have a Chromium for the browser tests, if this machine allows it. Never fails:
# without one those tests are skipped, and this says so.
set -uo pipefail

for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null 2>&1; then
        echo "browser tests: using $(command -v "$name")"
        exit 0
    fi
done

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo -n)
fi

if ! command -v apt-get >/dev/null 2>&1; then
    echo "browser tests: SKIPPED, no Chromium on PATH; install one to run them"
    exit 0
fi
if [ "${#as_root[@]}" -gt 0 ] && ! sudo -n true >/dev/null 2>&1; then
    echo "browser tests: SKIPPED, no Chromium on PATH; 'sudo apt-get install chromium' brings it"
    exit 0
fi

echo "browser tests: installing chromium with apt-get (once)"
log="$(mktemp)"
export DEBIAN_FRONTEND=noninteractive
# The lock timeout waits for another apt-get instead of giving up on the tests.
if "${as_root[@]}" apt-get -qq -o DPkg::Lock::Timeout=300 update >"$log" 2>&1 \
    && "${as_root[@]}" apt-get -qq -y -o DPkg::Lock::Timeout=300 install \
        --no-install-recommends chromium fonts-dejavu-core fonts-liberation >>"$log" 2>&1; then
    echo "browser tests: using $(command -v chromium)"
else
    echo "browser tests: SKIPPED, chromium could not be installed; apt-get said:"
    tail -n 3 "$log"
fi
rm -f "$log"
exit 0
