#!/usr/bin/env bash
# Healthy is: a service's own account gets an answer over TCP. The server that runs the init scripts listens
# on its socket alone, so it doesn't pass.
set -euo pipefail

# Not an argument, which every process can read.
MYSQL_PWD=$(cat /run/secrets/catalog_app_password) exec mysql --protocol=TCP --host=127.0.0.1 --user=catalog_app \
  --connect-timeout=2 --batch --execute='SELECT 1' catalog >/dev/null
