# What a restore does on a controller, a phase at a time, each safe to run again. All controllers end a phase before any begins
# the next one: restore PHASE. The variables DATA (etcd's data directory), STAGE, STAMP and FLAGS are set before.
ASIDE="$DATA.before-restore-$STAMP"
PROGRAMS="kube-apiserver kube-controller-manager kube-scheduler nginx etcd-leave"

fail() {
  echo "$*" >&2
  exit 1
}

# The file was copied to $STAGE/snapshot.db before.
status() {
  etcdutl --write-out=json snapshot status "$STAGE/snapshot.db"
}

# Makes the new data beside the old, while etcd runs: what goes wrong here changes nothing.
prepare() {
  local size available
  rm -rf "$STAGE/data"
  size=$(stat --format %s "$STAGE/snapshot.db")
  available=$(df --block-size=1 --output=avail "${DATA%/*}" | tail -n 1)
  [ "$available" -ge $((size + 268435456)) ] ||
    fail "the disk is full: ${DATA%/*} needs $((size / 1048576 + 256)) MiB, $((available / 1048576)) MiB are free"
  etcdutl snapshot restore "$STAGE/snapshot.db" --data-dir "$STAGE/data" --bump-revision 1000000000 --mark-compacted $FLAGS \
    >"$STAGE/log" 2>&1 || fail "etcdutl cannot restore the snapshot: $(tail -n 1 "$STAGE/log")"
  rm -f "$STAGE/snapshot.db"
  chown --recursive etcd:etcd "$STAGE/data"
  sync --file-system "$STAGE/data"
}

# A machine that was made after the others were lost may have no programs but etcd yet.
installed() {
  local each
  for each in $PROGRAMS; do
    [ ! -e "/etc/systemd/system/$each.service" ] || echo "$each"
  done
}

stop() {
  # Together: systemd stops the API server, which drains, before etcd.
  systemctl stop $(installed) etcd
}

# Until `finish`, the old data is marked as unfinished, so that a second restore does not delete it.
swap() {
  ! systemctl is-active --quiet etcd || fail "etcd runs again; something else has started it"
  [ -e "$STAGE/data/member" ] || fail "there is no restored data in $STAGE/data"
  mkdir -p "$ASIDE"
  touch "$ASIDE/unfinished"
  [ ! -e "$DATA/member" ] || mv -T "$DATA/member" "$ASIDE/member"
  mv -T "$STAGE/data/member" "$DATA/member"
  sync --file-system "$DATA"
}

unswap() {
  [ -e "$ASIDE/unfinished" ] || return 0
  # The new data has left $STAGE only when it is in place.
  [ -e "$STAGE/data/member" ] || rm -rf "${DATA:?}/member"
  [ ! -e "$ASIDE/member" ] || mv -T "$ASIDE/member" "$DATA/member"
  rm -rf "$ASIDE"
}

# wait_for SECONDS URL CURL_OPTION...
wait_for() {
  local seconds="$1"
  shift
  SECONDS=0
  until curl --fail --silent --max-time 5 --output /dev/null "$@"; do
    [ "$SECONDS" -lt "$seconds" ] || return 1
    sleep 0.2
  done
}

start_etcd() {
  systemctl reset-failed etcd 2>/dev/null || true
  # Without waiting: it is ready only with a majority.
  systemctl start --no-block etcd
  wait_for 180 --cacert "$ETCD_CA" --cert "$ETCD_CERT" --key "$ETCD_KEY" https://127.0.0.1:2379/readyz ||
    fail "etcd is not healthy after 180 s: $(journalctl --quiet --output cat --unit etcd --lines 1)"
  # A list from the time of the backup would make machines leave that were added since.
  etcdctl --endpoints https://127.0.0.1:2379 --cacert "$ETCD_CA" --cert "$ETCD_CERT" --key "$ETCD_KEY" del hardway/members >/dev/null
}

start_rest() {
  local programs
  programs=$(installed)
  [ -n "$programs" ] || return 0
  systemctl reset-failed $programs 2>/dev/null || true
  systemctl start --no-block $programs
  wait_for 180 --header "Host: kubernetes.default.svc.cluster.local" http://127.0.0.1/healthz ||
    fail "kube-apiserver is not healthy after 180 s: $(journalctl --quiet --output cat --unit kube-apiserver --lines 1)"
}

# Keeps the old data of this restore, and of those that did not end.
finish() {
  local each
  for each in "$DATA".before-restore-*; do
    [ -e "$each/unfinished" ] || rm -rf "$each"
  done
  rm -f "$DATA".before-restore-*/unfinished
  rm -rf "$STAGE"
  # It may have published meanwhile that etcd was stopped. A machine that was made again may not have it yet.
  systemctl start hardway-drift.service 2>/dev/null || true
}

abort() {
  rm -rf "$STAGE"
}

restore() {
  set -euo pipefail
  umask 077
  exec 9>/run/lock/hardway-restore
  flock --wait 240 9 || fail "another restore still works on this machine"
  "$1"
}
