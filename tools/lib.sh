# What tools/demo and tools/check share: install what Debian 12 lacks, build. Sourced, not run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages="g++ cmake ninja-build pkg-config libboost-iostreams-dev libpcre2-dev libsqlite3-dev libcli11-dev libfmt-dev
libgtest-dev libtomlplusplus-dev libexpected-dev libisal-dev libhowardhinnant-date-dev libpsl-dev rapidjson-dev
libxxhash-dev robin-map-dev liblzma-dev libbz2-dev libzstd-dev libvectorscan-dev libgmime-3.0-dev libmimalloc-dev tzdata python3 sqlite3 logrotate gzip bzip2 xz-utils zstd
iproute2"

# For the tests that look at the page in a browser and install the package; without them they are skipped.
test_packages="chromium chromium-driver adduser dpkg-dev groff-base"

install_packages() {
  local missing=()
  for package in $packages; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  echo "Installing: ${missing[*]}"
  local root=()
  [ "$(id -u)" = 0 ] || root=(sudo)
  "${root[@]}" apt-get update -qq
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

build() {  # build PRESET [TARGET]; without a target all of it
  cmake --preset "$1" >/dev/null
  cmake --build --preset "$1" ${2:+--target "$2"} -- --quiet
}
