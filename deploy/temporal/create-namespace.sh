#!/bin/sh
# Registers the namespace, and waits until the server lets work into it: its services learn of a new namespace some
# seconds after it is in the database. TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and NAMESPACE_RETENTION are given.
set -eu

exists() {
  temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1
}

accepts_work() {
  temporal workflow list --namespace "$TEMPORAL_NAMESPACE" --limit 1 >/dev/null 2>&1
}

attempts=60
until exists || temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$NAMESPACE_RETENTION"; do
  attempts=$((attempts - 1))
  if [ "$attempts" -eq 0 ]; then
    echo "the namespace $TEMPORAL_NAMESPACE could not be created" >&2
    exit 1
  fi
  sleep 2
done

until accepts_work; do
  attempts=$((attempts - 1))
  if [ "$attempts" -le 0 ]; then
    echo "the namespace $TEMPORAL_NAMESPACE does not answer" >&2
    exit 1
  fi
  sleep 2
done
echo "the namespace $TEMPORAL_NAMESPACE is ready"
