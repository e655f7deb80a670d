#!/bin/sh
# Run once by the image of PostgreSQL, on a new volume: roles and database of Abruf.
set -eu
psql --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres \
    --set=owner="$ABRUF_OWNER_PASSWORD" --set=app="$ABRUF_APP_PASSWORD" \
    --set=backup="$ABRUF_BACKUP_PASSWORD" <<'SQL'
CREATE ROLE abruf_owner LOGIN PASSWORD :'owner';
CREATE ROLE abruf_app LOGIN PASSWORD :'app';
CREATE ROLE abruf_backup LOGIN BYPASSRLS PASSWORD :'backup';
GRANT pg_read_all_data TO abruf_backup;
CREATE DATABASE abruf OWNER abruf_owner;
SQL
