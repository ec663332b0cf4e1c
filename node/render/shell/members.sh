# Controllers that are members no more: each leaves by itself (etcd-member.sh) when the others have written who stays. They wait for it,
# since the engine deletes the machine after their steps.
STAY=hardway/members
# Seconds: for all of them to leave, one after the other; for one whose etcd does not answer.
LEAVE_SECONDS=300
DEAD_SECONDS=20

# planned_names: those that stay
planned_names() {
  members | awk '{ print $1 }' | paste --serial --delimiters=' '
}

# welcome: a list that an earlier update wrote must not keep a machine of this update out
welcome() {
  [ -n "$began" ] || return 0
  local list name
  list=$(cluster get "$STAY" --print-value-only 2>/dev/null) || return 0
  [ -n "$list" ] || return 0
  for name in $(planned_names); do
    [[ " $list " == *" $name "* ]] || cluster del "$STAY" >/dev/null || true
  done
}

# leavers: ID NAME ADDRESS of each member whose machine is not among the controllers
leavers() {
  cluster member list 2>"$work/leavers-said" | awk -v planned=" $(members | awk '{ printf "%s ", $2 }')" -F', ' '
    { address = $4; gsub(/^https:\/\/|:[0-9]+$/, "", address) }
    index(planned, " " address " ") == 0 { print $1, ($3 == "" ? address : $3), address }'
}

# await_leavers: returns when all members are controllers
await_leavers() {
  local deadline=$((SECONDS + LEAVE_SECONDS)) found= written= id name address
  local -A answered=()
  while :; do
    if found=$(leavers); then
      [ -n "$found" ] || return 0
      if [ -z "$written" ]; then
        echo "hardway: $machine waits until these have left the etcd cluster: $(awk '{ print $2 }' <<<"$found" | paste --serial --delimiters=' ')" >&2
        cluster put "$STAY" "$(planned_names)" >/dev/null 2>&1 && written=yes
      fi
      while read -r id name address; do
        if timeout 2 bash -c ": </dev/tcp/$address/2379" 2>/dev/null; then
          answered[$id]=$SECONDS
        elif [ "$SECONDS" -ge $((${answered[$id]:=$SECONDS} + DEAD_SECONDS)) ]; then
          # There is no program left to drain.
          cluster member remove "$id" >/dev/null 2>&1 || true
        fi
      done <<<"$found"
    fi
    [ "$SECONDS" -lt "$deadline" ] ||
      fail "after $LEAVE_SECONDS s these have not left the etcd cluster: $(awk '{ print $2 }' <<<"$found" | paste --serial --delimiters=' ') $(tail -n 1 "$work/leavers-said"). No machine was deleted. See journalctl --unit etcd-leave there, and run this again"
    sleep 0.5
  done
}
