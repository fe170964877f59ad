#!/usr/bin/env bash
# Starts MySQL by the base image's entrypoint, and starts a first start over that was cut off half way: the
# base image would take what it left behind for a whole server, without the services' accounts.
set -euo pipefail

data=/var/lib/mysql
# init/accounts.sh removes it. MySQL ignores names with a dot when it looks whether the folder is empty.
unfinished=$data/.first_start

if [ "${1:-}" = mysqld ]; then
  if [ -e "$unfinished" ]; then
    echo "entrypoint: the first start was cut off before any account was made; starting it over" >&2
    find "$data" -mindepth 1 ! -path "$unfinished" -delete
  elif [ ! -d "$data/mysql" ]; then
    touch "$unfinished"
  else
    set -- "$@" --init-file=/usr/local/share/grants.sql
  fi
fi

exec docker-entrypoint.sh "$@"
