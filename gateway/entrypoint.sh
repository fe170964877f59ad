#!/bin/sh
# Works out what nginx's configuration can't, then hands over to the base image, which fills the templates.
set -eu

# A regular expression that every name fits.
if [ "$GATEWAY_HOSTS" = "*" ]; then export GATEWAY_HOSTS="~^"; fi

# The limit is on the file; the multipart frame around it comes on top.
export UPLOAD_BODY_MAX_BYTES=$((UPLOAD_MAX_BYTES + 1048576))

# Behind a proxy of one's own the clients' addresses stand in a header, which nobody else is believed.
for network in ${GATEWAY_TRUSTED_PROXIES:-}; do
  echo "set_real_ip_from $network;"
done > /etc/nginx/conf.d/trusted_proxies.conf
{
  echo "real_ip_header X-Forwarded-For; real_ip_recursive on;"
  # Such a proxy, and no client, also says whether the client came by https.
  echo 'geo $realip_remote_addr $trusted_proxy {'
  for network in ${GATEWAY_TRUSTED_PROXIES:-}; do
    echo "$network 1;"
  done
  echo '}'
  echo 'map "$trusted_proxy $http_x_forwarded_proto" $client_scheme { default $scheme; "1 https" https; }'
} >> /etc/nginx/conf.d/trusted_proxies.conf

if ! [ "$REQUEST_SECONDS" -ge 2 ]; then
  echo "REQUEST_SECONDS has to be a whole number from 2" >&2
  exit 1
fi
# nginx bounds each pause of a client, but not how long its request takes as a whole. A worker that has been replaced
# closes what is still open after this time; the new one has taken over without a refused request.
echo "worker_shutdown_timeout ${REQUEST_SECONDS}s;" > /etc/nginx/conf.d/main_context
half=$((REQUEST_SECONDS / 2))
(while sleep "$half"; do nginx -s reload; done) &

# nginx deletes a request's body with the request, but not after a kill -9.
rm -rf /var/spool/gateway/*

exec /docker-entrypoint.sh "$@"
