#!/usr/bin/env bash
# First start only: one schema for each service, and two accounts for each schema, which reach nothing else.
set -euo pipefail

password_of() { cat "/run/secrets/$1_password"; }

as_root() { mysql --user=root --batch "$@"; }

# The base image's server has root's password already, or gets it after this script.
if ! as_root --execute='DO 0' 2>/dev/null; then
  export MYSQL_PWD=$MYSQL_ROOT_PASSWORD
fi

# By standard input: arguments can be read by every process.
as_root <<SQL
CREATE DATABASE auth CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin;
CREATE DATABASE catalog CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin;

CREATE USER auth_app IDENTIFIED BY '$(password_of auth_app)';
CREATE USER auth_migrator IDENTIFIED BY '$(password_of auth_migrator)';
CREATE USER catalog_app IDENTIFIED BY '$(password_of catalog_app)';
CREATE USER catalog_migrator IDENTIFIED BY '$(password_of catalog_migrator)';

SQL
as_root </usr/local/share/grants.sql

rm /var/lib/mysql/.first_start
echo "accounts: the schemas and accounts of both services are made"
