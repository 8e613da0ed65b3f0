#!/bin/sh
# Creates or migrates the two databases of Temporal. Every step is a no-op where its work is done, so an upgrade of the
# images is: `docker compose up` with the new versions. Address and user come from SQL_* in the environment.
set -eu
SQL_PASSWORD="$(cat /run/secrets/postgres-password)"
export SQL_PASSWORD

set_up() {
  database="$1"
  schema="$2"
  temporal-sql-tool --db "$database" create
  temporal-sql-tool --db "$database" setup-schema --version 0.0
  temporal-sql-tool --db "$database" update-schema --schema-dir "/etc/temporal/schema/postgresql/v12/$schema/versioned"
}

set_up temporal temporal
set_up temporal_visibility visibility
