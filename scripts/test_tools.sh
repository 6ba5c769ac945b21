#!/usr/bin/env bash
# Makes sure that Debian's PostgreSQL, Chromium and a Chinese font are here, then runs the command it is given.
# Where they cannot be installed the tests that need them are skipped, visibly and counted.
set -u

here() {
    case $1 in
        postgresql) compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null ;;
        chromium) command -v chromium >/dev/null ;;
        fonts-noto-cjk) command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh-cn family)" ] ;;
    esac
}

missing=()
for package in postgresql chromium fonts-noto-cjk; do
    here "$package" || missing+=("$package")
done

if [ ${#missing[@]} -gt 0 ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing ${missing[*]} …"
        export DEBIAN_FRONTEND=noninteractive
        # Our tests start a cluster of their own: Debian's need not run, nor be made.
        mkdir -p /etc/postgresql-common/createcluster.d
        echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/arrears-tests.conf
        { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null ||
            echo "apt-get could not install them; their tests will be skipped." >&2
    else
        echo "Missing ${missing[*]}, and no root with apt-get to install them: their tests will be skipped." >&2
    fi
fi

# A tool that is here must be used: its tests may no longer skip.
required=${ARREARS_TEST_REQUIRE:-}
here postgresql && required+=",postgres"
here chromium && here fonts-noto-cjk && required+=",browser"
ARREARS_TEST_REQUIRE=$required exec "$@"
