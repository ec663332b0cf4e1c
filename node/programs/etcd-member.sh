#!/bin/bash
# An etcd member and its cluster. systemd runs this around etcd, as root, whoever starts it:
#   etcd-member join NAME      before: a machine without data joins the cluster that runs, as a learner
#   etcd-member promote NAME   after: a learner that has caught up becomes a voting member
#   etcd-member ended NAME     when etcd has ended: notes that etcd refuses the data on this disk
# and beside it, all the time:
#   etcd-member watch NAME     leaves the cluster when the other controllers have written a list of members without NAME
# Safe to interrupt anywhere and run again.
set -euo pipefail
umask 022
export LC_ALL=C PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
export ETCDCTL_CACERT=/etc/etcd/pki/ca.crt ETCDCTL_CERT=/etc/etcd/pki/operator.crt ETCDCTL_KEY=/etc/etcd/pki/operator.key

MEMBERS=/etc/hardway/members
DATA=/var/lib/etcd/member
# Where data goes that etcd refuses. The last one is kept.
ASIDE=/var/lib/etcd/refused
STATE=/var/lib/hardway
# This machine was a member once: it must not found a cluster when its data is gone.
JOINED="$STATE/etcd-joined"
REFUSED="$STATE/etcd-refused"
SETTINGS=/run/hardway/etcd.env
OWN=https://127.0.0.1:2379
# In etcd: the names of the members that stay, separated by spaces. No such key: all stay. node/render/shell/members.sh writes it.
STAY=hardway/members
# In etcd: the lock of the controller that changes, as in node/render/shell/turn.sh.
TURN=hardway/turn
# This machine has left the cluster, or is about to.
LEFT="$STATE/etcd-left"
# What etcd says when it cannot use its data, or when the others do not know this member.
PATTERN='crc mismatch|data inconsistency|permanently removed|has already been bootstrapped|failed to recover v3 backend|failed to find database snapshot'
# Any other panic counts as well when it comes back at the next start.
PANICKED="$STATE/etcd-panicked"

action="$1" name="$2"
mkdir -p "$STATE"

say() { echo "hardway: $*"; }

# address_of NAME
address_of() { awk -v name="$1" '$1 == name { print $2 }' "$MEMBERS"; }

# others: the client URLs of the other members that accept connections, comma-separated; fails when there are none
others() {
  local other address found=
  while read -r other address; do
    [ "$other" != "$name" ] || continue
    timeout 2 bash -c ": </dev/tcp/$address/2379" 2>/dev/null && found+=",https://$address:2379"
  done <"$MEMBERS"
  [ -n "$found" ] && echo "${found:1}"
}

# asked ETCDCTL-ARGUMENT...: asks the other members; needs a quorum
asked() {
  local endpoints
  endpoints=$(others) || return 1
  etcdctl --endpoints="$endpoints" --dial-timeout=2s --command-timeout=5s "$@" 2>&1
}

# own_member ETCDCTL-ARGUMENT...: asks this machine's member
own_member() { etcdctl --endpoints="$OWN" --dial-timeout=2s --command-timeout=5s "$@" 2>&1; }

# stays: this machine is to be a member; fails too when that cannot be found out
stays() {
  local list
  list=$(asked get "$STAY" --print-value-only || own_member get "$STAY" --print-value-only) || return 1
  [[ -z "$list" || " $list " == *" $name "* ]]
}

# settings STATE CLUSTER: what etcd reads at its start. A member that has data ignores it.
settings() {
  mkdir -p "${SETTINGS%/*}"
  printf 'ETCD_INITIAL_CLUSTER_STATE=%s\nETCD_INITIAL_CLUSTER=%s\n' "$1" "$2" >"$SETTINGS.new"
  mv -f "$SETTINGS.new" "$SETTINGS"
}

found() {
  settings new "$(awk '{ printf "%s%s=https://%s:2380", separator, $1, $2; separator = "," }' "$MEMBERS")"
}

# may_found: a machine that was made together with the cluster, and that never was a member
may_found() {
  [ ! -e "$JOINED" ] || return 1
  local later
  later=$(curl --silent --fail --max-time 5 --retry 5 --retry-connrefused --header "Metadata-Flavor: Google" \
    http://169.254.169.254/computeMetadata/v1/instance/attributes/hardway-joins) || return 0
  [ "$later" != TRUE ]
}

# own_line URL: this machine's line of a member list: ID, STATUS, NAME, PEER-URLS, CLIENT-URLS, LEARNER
own_line() { awk -F', ' -v url="$1" '$4 == url'; }
field() { cut -d, -f"$1" | tr -d ' '; }

join() {
  local url list line
  url="https://$(address_of "$name"):2380"
  if [ -e "$DATA" ] && [ -e "$REFUSED" ]; then set_aside; fi
  if [ -e "$DATA" ]; then
    touch "$JOINED"
    found
    return
  fi
  if may_found; then
    found
    return
  fi
  local waits=0
  while :; do
    if list=$(asked member list); then
      stays || { waiting "$name is not among the members that stay"; continue; }
      line=$(own_line "$url" <<<"$list")
      if [ -z "$line" ]; then
        say "$name joins the cluster as a learner"
        list=$(asked member add "$name" --learner --peer-urls="$url") || { waiting "$list"; continue; }
        list=$(asked member list) || continue
        line=$(own_line "$url" <<<"$list")
      elif [ -n "$(field 5 <<<"$line")" ]; then
        say "$name has no data: removes its former member $(field 1 <<<"$line") from the cluster"
        list=$(asked member remove "$(field 1 <<<"$line")") || waiting "$list"
        continue
      fi
      [ -n "$line" ] || continue
      settings existing "$(awk -F', ' -v url="$url" -v name="$name" \
        '{ printf "%s%s=%s", separator, ($4 == url ? name : $3 == "" ? $1 : $3), $4; separator = "," }' <<<"$list")"
      return
    fi
    waiting "${list:-no other member answers on port 2379}"
  done
}

# waiting REASON
waiting() {
  [ $((waits % 30)) != 0 ] ||
    say "$name has no etcd data and cannot join a cluster yet: $(tail -n 1 <<<"$1" | grep -o '"error":"[^"]*"' || tail -n 1 <<<"$1"). If a majority of the members is lost, restore a backup: docs/lost-machines.md"
  waits=$((waits + 1))
  sleep 1
}

# set_aside: only when the other members have a quorum without this one, so that nothing is lost
set_aside() {
  local list
  if ! list=$(asked member list); then
    say "etcd refuses its data ($(cat "$REFUSED")), and the other members have no majority without it; trying it again"
    return
  fi
  say "etcd refuses its data: $(cat "$REFUSED"). It goes to $ASIDE; the other members have a majority, so $name joins them again"
  rm -rf "$ASIDE"
  mv -T "$DATA" "$ASIDE"
  touch "$JOINED"
  rm -f "$REFUSED" "$PANICKED"
}

promote() {
  local url line list
  url="https://$(address_of "$name"):2380"
  until list=$(asked member list || own_member member list) &&
    line=$(own_line "$url" <<<"$list") && [ -n "$line" ] && [ "$(field 6 <<<"$line")" = false ]; do
    [ -z "${line:-}" ] || asked member promote "$(field 1 <<<"$line")" >/dev/null || true
    sleep 0.3
  done
  touch "$JOINED"
  rm -f "$REFUSED" "$PANICKED"
  [ ! -e "$LEFT" ] || come_back
}

ended() {
  [ "${SERVICE_RESULT:-success}" != success ] || return 0
  local said why
  said=$(journalctl --quiet --no-pager --output cat "_SYSTEMD_INVOCATION_ID=$INVOCATION_ID")
  if why=$(grep -oE -m 1 "($PATTERN)[^\"]{0,120}" <<<"$said"); then
    refuses "$why"
  elif why=$(grep -E -m 1 '^panic: |^fatal error: |^unexpected fault' <<<"$said") && ! grep -q 'no space left' <<<"$said"; then
    if [ -e "$PANICKED" ]; then refuses "$why"; else touch "$PANICKED"; fi
  fi
}

# refuses REASON
refuses() {
  touch "$JOINED"
  echo "$1" >"$REFUSED"
}

# watch: begins with the list that there is. etcdctl waits for changes, and runs `leave` for each.
watch() {
  local from
  from=$(own_member get "$STAY" --write-out=fields |
    awk -F' : ' '$1 == "\"Revision\"" { at = $2 + 1 } $1 == "\"ModRevision\"" { at = $2 } END { print at }')
  exec etcdctl --endpoints="$OWN" watch "$STAY" --rev="${from:?}" -- "$0" leave "$name"
}

# leave: one controller at a time changes, and so it leaves
leave() {
  if stays; then return; fi
  say "$name is not among the members that stay, and leaves the cluster"
  until asked --command-timeout=0s lock --ttl=30 "$TURN" -- "$0" depart "$name"; do sleep 1; done
}

# depart: the API server drains, and then the member leaves. Turns back when the machine is to stay after all.
depart() {
  local list line
  touch "$LEFT"
  systemctl stop kube-scheduler kube-controller-manager kube-apiserver || true
  while :; do
    if stays; then
      come_back
      return
    fi
    if list=$(asked member list); then
      line=$(own_line "https://$(address_of "$name"):2380" <<<"$list")
      [ -n "$line" ] || break
      hand_over "$list"
      list=$(asked member remove "$(field 1 <<<"$line")") || say "$name cannot leave the cluster yet: $(tail -n 1 <<<"$list")"
    fi
    sleep 0.3
  done
  say "$name has left the cluster"
  systemctl stop etcd
  rm -rf "$DATA"
  # It waits, and joins again when it is to be a member again before the machine goes.
  systemctl start --no-block etcd
}

# hand_over MEMBER-LIST: when this member leads, another one that stays takes over. A leader that is removed would cost an election.
hand_over() {
  local id other staying
  staying=$(asked get "$STAY" --print-value-only) || return 0
  while IFS=', ' read -r id _ other _; do
    [[ " $staying " != *" $other "* ]] || ! own_member move-leader "$id" >/dev/null || return 0
  done <<<"$1"
}

come_back() {
  systemctl start --no-block kube-apiserver kube-controller-manager kube-scheduler
  rm -f "$LEFT"
}

"$action"
