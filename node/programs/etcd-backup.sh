#!/bin/bash
# etcd-backup due|now: takes a snapshot of this machine's etcd member, checks it, encrypts it for $RECIPIENT, and keeps the last
# $KEPT backups in $DIRECTORY. "due" does nothing when the last good one is younger than $INTERVAL_HOURS. A run that fails leaves
# the older backups alone. A backup is a tar file:
#   backup.json  what it is, not encrypted
#   part.0000 …  the gzipped snapshot in pieces, each encrypted (CMS, AES-256-GCM). In pieces, because OpenSSL decrypts a message
#                in memory, and refuses one of more than 1.5 GB. The snapshot ends with its own SHA-256, which ties them together.
set -euo pipefail
umask 077
work="$DIRECTORY/work"
snapshot="$work/snapshot.db"

fail() {
  echo "hardway: backup of etcd failed: $*; older backups are untouched" >&2
  exit 1
}

# run WHAT COMMAND...: fails with the last words of COMMAND
run() {
  local what="$1"
  shift
  "$@" 2>"$work/errors" || fail "$what: $(tail -n 1 "$work/errors")"
}

# number NAME < JSON: the number in a field
number() {
  grep -o "\"$1\": *[0-9]*" | grep -o '[0-9]*$' | head -n 1
}

is_due() {
  local good="$DIRECTORY/last-good.json"
  [ -e "$good" ] || return 0
  [ $(($(date +%s) - $(stat --format %Y "$good"))) -ge $((INTERVAL_HOURS * 3600 - EARLY_SECONDS)) ]
}

# Twice the database: the snapshot, and its encrypted copy when nothing of it can be compressed.
check_space() {
  local database available
  database=$(run "etcd does not answer" etcdctl --write-out=json endpoint status | number dbSize) || exit 1
  available=$(df --block-size=1 --output=avail "$DIRECTORY" | tail -n 1)
  [ "$available" -ge $((2 * database)) ] ||
    fail "the disk is full: $DIRECTORY needs $((2 * database / 1048576 + 1)) MiB, $((available / 1048576)) MiB are free"
}

take_snapshot() {
  keys=$(run "etcd does not answer" etcdctl --write-out=json get "" --prefix --keys-only --limit=1 | number count) || exit 1
  run "no snapshot" etcdctl snapshot save "$snapshot" >/dev/null
  run "the snapshot is damaged" etcdutl --write-out=json snapshot status "$snapshot" >"$work/status.json"
  # etcd ends a snapshot with the SHA-256 of the rest.
  [ "$(head --bytes=-32 "$snapshot" | sha256sum | cut -d ' ' -f 1)" = "$(tail --bytes=32 "$snapshot" | od -An -v -tx1 | tr -d ' \n')" ] ||
    fail "the snapshot is damaged: its SHA-256 does not match"
}

encrypt() {
  local one='exec openssl cms -encrypt -aes-256-gcm -binary -stream -outform DER -recip "$RECIPIENT" -keyopt ecdh_kdf_md:sha256 -out "$FILE"'
  gzip -1 <"$snapshot" 2>"$work/errors" |
    split --bytes="$PART" --numeric-suffixes --suffix-length=4 --filter="$one" - "$work/part." 2>>"$work/errors" ||
    fail "it cannot be encrypted: $(head -n 1 "$work/errors")"
  rm "$snapshot"
}

# describe TIME: backup.json
describe() {
  printf '{"format":1,"cluster":"%s","machine":"%s","time":"%s","etcd":"%s","hash":%s,"revision":%s,"keys":%s,"bytes":%s}\n' \
    "$CLUSTER" "$(hostname)" "$1" "$(etcdutl version | head -n 1 | cut -d ' ' -f 3)" \
    "$(number hash <"$work/status.json")" "$(number revision <"$work/status.json")" \
    "$keys" "$(number totalSize <"$work/status.json")"
}

keep_last() {
  local old
  find "$DIRECTORY" -maxdepth 1 -name '*.etcd.tar' -printf '%f\n' | sort --reverse | tail -n "+$((KEPT + 1))" |
    while read -r old; do rm -f "${DIRECTORY:?}/$old"; done
}

main() {
  exec 9>"$DIRECTORY/lock"
  flock 9
  if [ "$1" = due ] && ! is_due; then
    echo "hardway: no backup of etcd is due"
    return
  fi
  trap 'rm -rf "$work"' EXIT
  trap 'exit 143' INT TERM
  rm -rf "$work"
  mkdir "$work"

  local time name
  time=$(date -u +%Y%m%dT%H%M%SZ)
  name="$CLUSTER-$time.etcd.tar"
  check_space
  take_snapshot
  describe "$time" >"$work/backup.json"
  encrypt
  (cd "$work" && run "it cannot be written" tar --create --file=whole --owner=root:0 --group=root:0 backup.json part.*)
  run "it cannot be written" sync "$work/whole"
  local sha256
  sha256=$(sha256sum <"$work/whole" | cut -d ' ' -f 1)
  sed "s/}\$/,\"file\":\"$name\",\"sha256\":\"$sha256\",\"size\":$(stat --format %s "$work/whole")}/" "$work/backup.json" >"$work/good"
  mv "$work/whole" "$DIRECTORY/$name"
  mv "$work/good" "$DIRECTORY/last-good.json"
  keep_last
  echo "hardway: backup of etcd: $(cat "$DIRECTORY/last-good.json")"
}

main "$@"
