#!/bin/sh
# The server reads its database password from the environment alone. Putting it there here, from the file of the secret,
# keeps it out of docker-compose.yml and out of what `docker inspect` shows.
set -eu
POSTGRES_PWD="$(cat /run/secrets/postgres-password)"
export POSTGRES_PWD
exec /etc/temporal/entrypoint.sh
