#!/usr/bin/env bash
# Makes the random secrets of an installation on its first start, and hands each reader a copy of its own.
#
# /secrets/all holds them all and is seen by this container alone; /secrets/READER is a volume that holds what
# that reader may know, readable for its user only. A later start makes nothing new and only completes copies
# that are missing, so it may be cut off anywhere. Secrets that are gone while copies or MySQL's data remain are
# an error: new ones would fit neither the accounts nor the signing keys.
set -euo pipefail
umask 077

all=/secrets/all/values
names=(mysql_root auth_app auth_migrator catalog_app catalog_migrator signing_key)

fail() {
  echo "secrets: $*" >&2
  exit 1
}

# 256 bits, in characters that need quoting nowhere
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

make_all() {
  local new name
  [ -z "$(find /secrets -mindepth 2 -type f ! -path '/secrets/all/*')" ] && [ ! -d /mysql_data/mysql ] ||
    fail "the volume with this installation's secrets is gone, but copies of them or MySQL's data are there." \
      "Restore the volume, or remove all volumes (docker compose down --volumes) and lose the data."
  # A folder that has not got its final name has never been handed out.
  find /secrets/all -mindepth 1 -delete
  new=$(mktemp -d /secrets/all/new.XXXXXX)
  for name in "${names[@]}"; do random >"$new/$name"; done
  sync
  mv --no-target-directory "$new" "$all"
  sync
  echo "secrets: made for a first start"
}

check_all() {
  local name
  for name in "${names[@]}"; do
    [[ $(cat "$all/$name" 2>/dev/null) =~ ^[0-9a-f]{64}$ ]] ||
      fail "the secret $name is missing or damaged in this installation's volume. Restore the volume."
  done
}

# hand_out NAME OWNER MODE FILE
hand_out() {
  if [ -e "$4" ]; then
    [ "$(<"$all/$1")" = "$(<"$4")" ] || fail "$4 is not this installation's $1. Remove that volume to have it made anew."
    return
  fi
  # A start that was cut off may have left one that its reader owns already.
  rm -f "$4.new"
  cp "$all/$1" "$4.new"
  chmod "$3" "$4.new"
  chown "$2" "$4.new"
  sync
  mv "$4.new" "$4"
}

[ -d "$all" ] || make_all
check_all

for name in mysql_root auth_app auth_migrator catalog_app catalog_migrator; do
  hand_out "$name" root:mysql 440 "/secrets/mysql/${name}_password"
done
hand_out auth_app 10001:10001 400 /secrets/auth_service/database_password
hand_out signing_key 10001:10001 400 /secrets/auth_service/signing_key_passphrase
hand_out auth_migrator 10001:10001 400 /secrets/auth_migrate/database_password
hand_out signing_key 10001:10001 400 /secrets/auth_migrate/signing_key_passphrase
hand_out catalog_app 10001:10001 400 /secrets/catalog_service/database_password
hand_out catalog_migrator 10001:10001 400 /secrets/catalog_migrate/database_password
sync
echo "secrets: every reader has its copies"
