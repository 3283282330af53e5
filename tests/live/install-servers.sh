#!/bin/sh
# Installs, from Debian's or Ubuntu's own packages, the servers that tests/live/ starts. Does nothing where
# they are all there. The packages' own services are not used: the tests start theirs on free loopback ports.
set -eu

have() {
    PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v "$1" >/dev/null 2>&1
}

absent=
for program in pgbouncer mariadbd mariadb-install-db openssl setpriv; do
    have "$program" || absent="$absent $program"
done
set -- /usr/lib/postgresql/*/bin/initdb
[ -x "$1" ] || have initdb || absent="$absent initdb"
[ -n "$absent" ] || exit 0

as_root=
[ "$(id -u)" -eq 0 ] || as_root=sudo
export DEBIAN_FRONTEND=noninteractive
echo "installing the live tests' servers (absent:$absent)" >&2
$as_root apt-get update -qq
$as_root apt-get install -qq -y --no-install-recommends \
    postgresql pgbouncer mariadb-server openssl util-linux >/dev/null
