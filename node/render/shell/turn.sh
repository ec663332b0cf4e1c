# The turn: of the controllers that serve, one changes at a time, over all steps of an update. etcd's own lock holds it, with a
# lease, so that a machine that dies gives it back. Without a quorum there is nothing to protect, and no turn.
MEMBERS=/etc/hardway/members
TURN=hardway/turn
FAILURE=hardway/failure
# Seconds: for the turn itself, for another controller to become healthy, the same where this one can go on without it, for this
# one to be in step and in the pool again.
TURN_SECONDS=1200
OTHERS_SECONDS=120
SPARED_SECONDS=20
BACK_SECONDS=120

# members: NAME ADDRESS of every controller
members() {
  local file
  file=$(planned "$MEMBERS")
  [ ! -e "$file" ] || cat "$file"
}

# cluster ETCDCTL-ARGUMENT...: asks any member, this machine's own last: it is the one that restarts
cluster() {
  local endpoints
  endpoints=$(members | awk -v own="$machine" '$1 == own { last = "https://" $2 ":2379"; next } { printf "https://%s:2379,", $2 } END { print last }')
  etcdctl_at "${endpoints%,}" "$@"
}

# etcdctl_at ENDPOINTS ETCDCTL-ARGUMENT...
etcdctl_at() {
  ETCDCTL_ENDPOINTS="$1" ETCDCTL_CACERT=/etc/etcd/pki/ca.crt ETCDCTL_CERT=/etc/etcd/pki/operator.crt \
    ETCDCTL_KEY=/etc/etcd/pki/operator.key etcdctl --dial-timeout=2s --command-timeout=5s "${@:2}"
}

# revision: etcd's, of a read that needs a quorum; fails without one
revision() {
  cluster get "$FAILURE" --write-out=fields 2>/dev/null | awk -F' : ' '$1 == "\"Revision\"" { print $2; found = 1 } END { exit !found }'
}

# note_beginning: failures from here on are of the same update as this step
note_beginning() {
  began=$(revision) || began=
}
began=

# failure_since_beginning: what another controller said of the same update
failure_since_beginning() {
  cluster get "$FAILURE" --write-out=fields 2>/dev/null | awk -F' : ' -v began="$began" '
    $1 == "\"ModRevision\"" { at = $2 } $1 == "\"Value\"" { value = $2 }
    END { if (at == "" || at + 0 <= began + 0) exit 1; gsub(/^"|"$/, "", value); print value }'
}

# announce_failure: tells those who wait for the turn
announce_failure() {
  [ -z "$began" ] || cluster put "$FAILURE" "step $step failed on $machine" >/dev/null 2>&1 || true
}

# fail_gone_back: ends the step on a machine that went back
fail_gone_back() {
  fail_plainly "step $step failed on $machine, which runs what it ran before; no other controller was changed"
}

# take_turn: returns when it is this controller's turn. Fails when another one failed with this update, or when one that is needed
# does not get healthy.
take_turn() {
  [ -n "$began" ] || return 0
  own_health=unhealthy
  [ -z "$(unhealthy "$machine" 127.0.0.1)" ] || own_health=unhealthy_member
  local from= others failure
  while :; do
    lock_turn
    : "${from:=$SECONDS}"
    if failure=$(failure_since_beginning); then fail "$failure; $machine was not changed"; fi
    others=$(unhealthy_others)
    [ -n "$others" ] || return 0
    if [ "$SECONDS" -ge $((from + SPARED_SECONDS)) ] && enough_without "$others"; then
      echo "hardway: $machine changes although another controller is not healthy: $others" >&2
      spared=" $(tr ';' '\n' <<<"$others" | awk '{ sub(/:$/, "", $3); printf "%s ", $3 }')"
      return 0
    fi
    # Without the lock meanwhile: the unhealthy one may be waiting for it.
    unlock_turn
    [ "$SECONDS" -lt $((from + OTHERS_SECONDS)) ] ||
      fail "$machine was not changed, because another controller is not healthy: $others. Repair that one first, then run this again"
    sleep 1
  done
}

# The controllers that this one does not wait for.
spared=' '

# enough_without UNHEALTHY: the others that are healthy serve on while this controller restarts. etcd needs a majority of all members,
# the API one server.
enough_without() {
  local all healthy
  all=$(members | wc -l)
  healthy=$((all - 1 - $(tr ';' '\n' <<<"$1" | wc -l)))
  if [[ " ${restarts[*]} " == *" etcd.service "* ]]; then
    [ "$healthy" -gt $((all / 2)) ]
  else
    [ "$healthy" -gt 0 ]
  fi
}

# lock_turn: the lock is held by a process that ends with this script, whatever ends it
lock_turn() {
  [ -z "${turn_process:-}" ] || return 0
  local waited=0
  mkfifo "$work/turn"
  : >"$work/turn-said"
  # etcdctl gives its command no standard input, so the command reads the pipe by name. It ends when nobody can write there any more.
  exec 8<>"$work/turn"
  hold_turn "$work/turn" >"$work/turn-said" 2>&1 &
  turn_process=$!
  until grep -q held "$work/turn-said"; do
    kill -0 "$turn_process" 2>/dev/null || fail "the turn cannot be taken: $(tail -n 1 "$work/turn-said"); $machine was not changed"
    [ "$waited" -lt $((TURN_SECONDS * 10)) ] || fail "another controller has had the turn for $TURN_SECONDS s; $machine was not changed"
    [ "$waited" != 50 ] || echo "hardway: $machine waits for its turn" >&2
    waited=$((waited + 1))
    sleep 0.1
  done
}

# hold_turn PIPE: says so when it has the lock, and keeps it while somebody can write into PIPE
hold_turn() {
  exec 8>&- 9>&-
  cluster --command-timeout=0s lock --ttl=30 "$TURN" -- sh -c 'echo held; exec cat "$0" >/dev/null' "$1"
}

unlock_turn() {
  [ -n "${turn_process:-}" ] || return 0
  exec 8>&-
  wait "$turn_process" 2>/dev/null || true
  rm -f "$work/turn"
  turn_process=
}

# api_ready ADDRESS: the API server there is ready; true where this machine has none yet, since then nobody needs one
api_ready() {
  local pki=/var/lib/kubernetes/pki
  [ -e "$STATE/kube-apiserver.service.started-with" ] || return 0
  curl --fail --silent --show-error --max-time 5 --cacert "$pki/ca.crt" --cert "$pki/health-client.crt" \
    --key "$pki/health-client.key" "https://$1:6443/readyz" 2>&1 >/dev/null
}

# member_healthy ADDRESS: the etcd member there has caught up with the others: it answers a read that needs a quorum
member_healthy() {
  etcdctl_at "https://$1:2379" endpoint health 2>&1 >/dev/null
}

# unhealthy NAME ADDRESS: what is wrong there, if anything
unhealthy() {
  local said
  said=$(unhealthy_member "$@")
  [ -z "$said" ] || { echo "$said"; return; }
  said=$(api_ready "$2") || echo "kube-apiserver on $1: $(tail -n 1 <<<"$said")"
}

# unhealthy_member NAME ADDRESS: the same, of etcd alone: for a machine whose API server was down before, and which a later step mends
unhealthy_member() {
  local said
  said=$(member_healthy "$2") || echo "etcd on $1: $(tail -n 1 <<<"$said")"
}

unhealthy_others() {
  local name address
  members | while read -r name address; do
    [[ "$name" = "$machine" || "$spared" == *" $name "* ]] || unhealthy "$name" "$address"
  done | paste --serial --delimiters=';'
}

# end_turn: the next controller may go on
end_turn() {
  [ -n "${turn_process:-}" ] || return 0
  await_return
  unlock_turn
  mark_settled
}

# settle: after a boot of a machine that served before, or that joins a cluster that serves, the next machine may change only when
# this one is back
settle() {
  [ ! -e "/run/hardway/settled-$step" ] || return 0
  if [ -n "$began" ] && { [ -n "$served_before" ] || joins_later; }; then
    own_health=unhealthy
    [ "$step" = control-plane ] || own_health=unhealthy_member
    await_return
  fi
  mark_settled
}

mark_settled() {
  mkdir -p /run/hardway
  touch "/run/hardway/settled-$step"
}

# joins_later: the machine was made when its cluster served already
joins_later() {
  [ "$(curl --silent --fail --max-time 5 --header "Metadata-Flavor: Google" \
    http://169.254.169.254/computeMetadata/v1/instance/attributes/hardway-joins)" = TRUE ]
}

# await_return: all members are in step, the API serves, and the load balancer knows it
await_return() {
  local deadline=$((SECONDS + BACK_SECONDS)) said address
  address=$(members | awk -v own="$machine" '$1 == own { print $2 }')
  while :; do
    said=$(unhealthy_others)
    [ -n "$said" ] || said=$("$own_health" "$machine" "$address")
    [ -n "$said" ] || break
    [ "$SECONDS" -lt "$deadline" ] || { announce_failure; fail "$machine was changed and is healthy, but now this is not: $said"; }
    sleep 0.5
  done
  [ "$own_health" != unhealthy ] || await_probe "$deadline"
}

# await_probe DEADLINE: the load balancer has been told that this controller is healthy. nginx writes its probes down while asked to.
await_probe() {
  local watch=/run/health-proxy/watch log=/run/health-proxy/probes
  grep -q "$watch" /etc/nginx/health-proxy.conf 2>/dev/null || return 0
  : >"$log"
  touch "$watch"
  until grep -q '^[^1].* 200$\|^1[^2].* 200$' "$log"; do
    [ "$SECONDS" -lt "$1" ] || break # a machine that is in no pool yet gets no probes
    sleep 0.1
  done
  rm -f "$watch"
}
