#!/usr/bin/env bash
# Healthy is: the service on this port says that it is ready. Asked by the shell alone, every few seconds: Python
# takes twenty times as long to start.
set -euo pipefail

exec {connection}<>"/dev/tcp/127.0.0.1/$1"
printf 'GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&"$connection"
read -r -t 4 status <&"$connection"
[[ $status == "HTTP/1.1 200 "* ]]
