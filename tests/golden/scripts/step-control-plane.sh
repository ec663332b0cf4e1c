main() {
# For controller-1: e2-standard-2
# Fetching releases; the first part of every script on a machine. Safe to interrupt anywhere and run again: a release appears whole
# or not at all.
set -euo pipefail
umask 022
export LC_ALL=C

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fail MESSAGE: what runs side by side mostly fails of one cause, which is told once
fail() {
  mkdir "$work/failed" 2>/dev/null || [ ! -d "$work/failed" ] || exit 1
  echo "hardway: $*" >&2
  exit 1
}

case "$(uname -m)" in
  x86_64) ARCH=amd64 ;;
  aarch64) ARCH=arm64 ;;
  *) fail "this machine's architecture is $(uname -m); use one of x86_64 and aarch64 (settings machineType and image)" ;;
esac

# get [--output FILE] URL: no new try after half a minute; `release` says whose settings an error names
get() {
  local said code=0 look="${release}Version and ${release}Mirror"
  { said=$(curl --fail --silent --show-error --location --retry 5 --retry-connrefused --retry-delay 1 --retry-max-time 30 \
    --connect-timeout 10 --speed-limit 1000 --speed-time 30 "$@" 2>&1 >&3) || code=$?; } 3>&1
  [ "$code" != 0 ] || return 0
  [ "$1" != --output ] || rm -f "$2"
  [ "$code" != 23 ] || look="diskSizeGb: the disk may be full"
  fail "download failed: ${*: -1}: ${said##*$'\n'}; nothing was installed. Look at the settings $look"
}

# sha256 FILE: its digest; by openssl where there is one, which uses the processor's own instructions: three times as fast
sha256() {
  local sum
  if [ -x /usr/bin/openssl ]; then sum=$(openssl dgst -sha256 -r "$1"); else sum=$(sha256sum "$1"); fi
  echo "${sum%% *}"
}

# fetch URL DIGEST FILE: downloads into FILE, whose SHA-256 must be DIGEST
fetch() {
  local sum
  get --output "$3" "$1"
  sum=$(sha256 "$3")
  [ "$sum" = "$2" ] || {
    rm -f "$3"
    fail "checksum mismatch: $1 has SHA-256 $sum, its mirror's checksum file says $2; nothing was installed. The download or the mirror (setting ${release}Mirror) is damaged"
  }
}

# once FILE COMMAND...: runs COMMAND, which makes FILE whole, unless it is there; a second caller waits for the first
once() {
  local file="$1"
  shift
  [ ! -e "$file" ] || return 0
  mkdir -p "${file%/*}"
  (
    flock 8
    [ -e "$file" ] || "$@" "$file"
  ) 8>"/run/lock/hardway${file//\//-}"
}

# digest_of_file SUMS NAME: NAME's digest in a mirror's checksum file SUMS, which names several files, one, or none beside its digest
digest_of_file() {
  local sums digest settings="${release}Version and ${release}Mirror"
  sums=$(get "$1")
  digest=$(awk -v file="$2" '{ sub(/^[*]/, "", $2); sub(/.*\//, "", $2) } $2 == file || NF == 1 { print $1; exit }' <<<"$sums")
  [ -n "$digest" ] || fail "$1 does not name $2; nothing was installed. Look at the settings $settings"
  echo "$digest"
}

# fetch_program RELEASE FILE URL SUMS: a program that is a download by itself
fetch_program() {
  local release="$1"
  once "$2" download_program "$3" "$4"
}

# download_program URL SUMS FILE
download_program() {
  local digest
  digest=$(digest_of_file "$2" "${1##*/}")
  fetch "$1" "$digest" "$3.hardway-new"
  chmod 0755 "$3.hardway-new"
  mv -f "$3.hardway-new" "$3"
}

# fetch_archive RELEASE DIRECTORY STRIP URL SUMS MEMBER...: MEMBERs of an archive, whose names lose STRIP leading parts in DIRECTORY
fetch_archive() {
  local release="$1" directory="$2"
  shift 2
  once "$directory" download_archive "$@"
}

# download_archive STRIP URL SUMS MEMBER... DIRECTORY
download_archive() {
  local strip="$1" url="$2" sums="$3" new="${*: -1}.hardway-new" archive digest
  shift 3
  archive="$work/${url##*/}"
  digest=$(digest_of_file "$sums" "${url##*/}")
  fetch "$url" "$digest" "$archive"
  rm -rf "$new"
  mkdir -p "$new"
  tar -xzf "$archive" -C "$new" --strip-components="$strip" --no-same-owner "${@:1:$#-1}" 2>"$work/tar-${url##*/}" || {
    rm -rf "$new"
    fail "$url cannot be unpacked: $(head -n 1 "$work/tar-${url##*/}"); nothing was installed. Look at the settings ${release}Version and ${release}Mirror, and at diskSizeGb: the disk may be full"
  }
  rm -f "$archive"
  mv -T "$new" "${new%.hardway-new}"
}

# What steps do on a machine. A step first stages everything it brings, then decides what has to restart, and only then changes
# anything. Safe to interrupt anywhere and run again: files appear whole or not at all, and a unit counts as started only when it
# was healthy with just the files that it reads now.
STATE=/var/lib/hardway

# begin_step STEP MACHINE: one run of a step at a time. An earlier run may still be going on after its connection broke.
begin_step() {
  step="$1" machine="$2"
  mkdir -p "$STATE"
  exec 9>"/run/lock/hardway-$step"
  flock --wait 120 9 || fail "step $step still runs from before on this machine"
  # Below /var/lib, so that a file is moved into place by a rename. Secrets are staged too.
  stage="$STATE/staged-$step"
  served_before=
  [ ! -e "$STATE/kube-apiserver.service.started-with" ] || served_before=yes
  rm -rf "$stage"
  mkdir -m 0700 "$stage"
  trap 'rm -rf "$work" "$stage"' EXIT
  # When the connection breaks, nobody reads what the step prints: it must not end half way because of that.
  trap '' PIPE HUP
}
staged=()

# put PATH MODE OWNER < CONTENT: stages a file
put() {
  install -D -m "$2" -o "$3" -g "$3" /dev/stdin "$stage$1"
  staged+=("$1")
}

# link TARGET PATH: stages a symbolic link
link() {
  mkdir -p "$stage${2%/*}"
  ln -sfn "$1" "$stage$2"
  staged+=("$2")
}

# Secret files follow the script on standard input, a line each: PATH MODE OWNER BASE64, and a dot after the last, so that
# a connection that breaks half way is noticed. No secret is ever an argument of a process.
put_secrets() {
  local path mode owner content
  while read -r path mode owner content; do
    [ "$path" != . ] || return 0
    put "$path" "$mode" "$owner" < <(printf %s "$content" | base64 -d)
  done
  fail "the connection broke before all files had arrived; nothing was changed, run this again"
}

# check_leaves AUTHORITY LEAF...: ends the step when programs on this machine would refuse one of these certificates. All controllers get
# new leaves at the same time, so no other one has tried them before. Waits for a clock that is a little behind.
CLOCK_SECONDS=30
check_leaves() {
  local authority leaf said deadline=$((SECONDS + CLOCK_SECONDS))
  authority=$(planned "$1")
  for leaf in "${@:2}"; do
    until said=$(openssl verify -CAfile "$authority" "$(planned "$leaf")" 2>&1); do
      [[ "$said" == *"not yet valid"* && "$SECONDS" -lt "$deadline" ]] || fail_leaf "$leaf" "$(sed -n 's/^error .* lookup: *//p' <<<"$said" | head -n 1)"
      sleep 1
    done
  done
}

# fail_leaf LEAF REASON
fail_leaf() {
  local dates
  dates=$(openssl x509 -noout -dates -in "$(planned "$1")" | paste --serial --delimiters=' ')
  fail "$machine cannot use the new $1: $2 ($dates; the clock of $machine: $(date --utc '+%b %e %T %Y GMT')). Nothing was changed there. If a clock is wrong, that of this machine or of the computer that runs pulumi, set it, and run this again"
}

# place FILE PATH: moves FILE to PATH by a rename
place() {
  mkdir -p "${2%/*}"
  mv -fT "$1" "$2"
}

# commit: moves what is staged into place
commit() {
  local path
  for path in "${staged[@]}"; do place "$stage$path" "$path"; done
}

# planned PATH: where PATH's content is now, staged or in place
planned() {
  if [ -e "$stage$1" ] || [ -L "$stage$1" ]; then echo "$stage$1"; else echo "$1"; fi
}

# digest_of WHERE PATH...: what a unit reads, in one digest: contents, owners and modes of its files, and the release of its program.
# WHERE is `planned` or `in_place`.
digest_of() {
  local where="$1" path file
  for path in "${@:2}"; do
    file=$("$where" "$path")
    [ -e "$file" ] || continue
    stat --dereference --format "$path %a %U" "$file"
    if [ -L "$file" ]; then readlink "$file"; else sha256sum <"$file"; fi
  done | sha256sum
}

# in_place PATH: where PATH's content is until `commit`
in_place() { echo "$1"; }

# note_written UNIT...: what drift.sh compares the machine with from now on
note_written() {
  local kept="$STATE/written-$step" path
  rm -rf "$kept.new"
  mkdir -m 0700 "$kept.new"
  for path in "${staged[@]}"; do [ -L "$path" ] || echo "$path"; done | xargs --no-run-if-empty --delimiter '\n' sha256sum >"$kept.new/sums"
  printf '%s\n' "${staged[@]}" >"$kept.new/paths"
  stat --format '%n %a %U %N' "${staged[@]}" >"$kept.new/modes"
  printf '%s\n' "$@" >"$kept.new/units"
  rm -rf "$kept"
  mv -T "$kept.new" "$kept"
  # What was published before is repaired now.
  flock --unlock 9
  [ ! -e "$STATE/drift-$step" ] || /usr/local/libexec/hardway/drift >&2 || true
}

# settled UNIT: it runs, and systemd has nothing left to do about it (right after a restart the old process would still answer)
settled() {
  [ "$(systemctl show --property=ActiveState,Job --value "$1" | tr -d '\n')" = active ]
}

# changed UNIT FILE...: notes UNIT for `restart_changed`, unless it runs with just what FILEs will be. Somebody may have changed them,
# and have started it with that.
changed() {
  local unit="$1" started="$STATE/$1.started-with"
  shift
  digest_of planned "$@" >"$work/reads-$unit"
  if ! systemctl is-active --quiet "$unit" || ! cmp --silent "$work/reads-$unit" "$started" ||
    ! digest_of in_place "$@" | cmp --silent - "$started" || [ -n "$(drop_ins "$unit")" ]; then
    restarts+=("$unit")
  fi
}

# drop_ins UNIT: directories with files that change UNIT, which no step writes
drop_ins() {
  find "/etc/systemd/system/$1.d" "/run/systemd/system/$1.d" -maxdepth 0 2>/dev/null || true
}
restarts=()

# takes_along UNIT OTHER: when UNIT restarts, OTHER restarts with it, if it runs. OTHER's job must come first: systemctl queues one
# job after the other, and systemd then keeps to After=, by which OTHER stops before UNIT and starts after it
takes_along() {
  if [[ " ${restarts[*]} " == *" $1 "* ]] && systemctl is-active --quiet "$2"; then along+=("$2"); fi
}
along=()

# restart_changed SECONDS: together, in the order that the units have among themselves. `healthy` finds out whether they came up.
restart_changed() {
  [ "${#restarts[@]}" -gt 0 ] || return 0
  local unit
  for unit in "${restarts[@]}"; do rm -f "$STATE/$unit.started-with"; done
  systemctl reset-failed "${restarts[@]}" 2>/dev/null || true
  timeout "$1" systemctl restart "${along[@]}" "${restarts[@]}" 2>/dev/null || true
}

# reload_unchanged UNIT: tells the program to read its certificate again, unless it has just started. Every run of the step does this,
# because an earlier one may have been interrupted before it.
reload_unchanged() {
  [[ " ${restarts[*]} " == *" $1 "* ]] || systemctl reload "$1" 2>/dev/null || systemctl restart "$1" || true
}

# crashes UNIT: systemd has started it again this often since it was told to
crashes() {
  systemctl show --property=NRestarts --value "$1"
}

# healthy UNIT SECONDS CHECK: waits for CHECK, and notes with which files UNIT passed it. A unit that ends again and again has
# failed early where there is a generation to go back to; on a new machine its surroundings may still be on their way.
healthy() {
  local unit="$1" seconds="$2" check="$3" why=
  until settled "$unit" && "$check" >/dev/null 2>"$work/check-$unit"; do
    [ ! -d "$work/failed" ] || exit 1 # another unit, mostly the cause of this one's trouble
    [ -d "$work" ] || exit 1          # the step itself was ended
    if [ "$SECONDS" -ge "$seconds" ]; then
      why="is not healthy after $seconds s; its check said: $(tail -n 1 "$work/check-$unit" 2>/dev/null)"
    elif [ -n "$can_go_back" ] && [ "$(crashes "$unit")" -ge 3 ]; then
      why="ended $(crashes "$unit") times within $SECONDS s"
    fi
    if [ -n "$why" ] && mkdir "$work/failed"; then
      {
        echo "hardway: $unit on $machine $why"
        systemctl status --no-pager --lines 0 "$unit" || true
        echo "Its last log lines:"
        journalctl --no-pager --quiet --output cat --lines 30 --unit "$unit" || true
      } >&2
      exit 1
    fi
    sleep 0.2
  done
  cp "$work/reads-$unit" "$STATE/$unit.new" && mv -f "$STATE/$unit.new" "$STATE/$unit.started-with"
}

# install_package NAME PROGRAM: the distribution's package NAME, unless PROGRAM is there. Tries for some minutes: a fresh machine's own
# first apt run may hold the locks, of which DPkg::Lock::Timeout does not cover that of the lists, and a mirror may be away.
PACKAGE_SECONDS=300
install_package() {
  [ ! -x "$2" ] || return 0
  local deadline=$((SECONDS + PACKAGE_SECONDS)) updated
  export DEBIAN_FRONTEND=noninteractive
  while :; do
    updated=yes
    apt-get --quiet --quiet update >"$work/apt-update" 2>&1 || updated=
    if apt-get --quiet --quiet --option DPkg::Lock::Timeout=300 --option Dpkg::Options::=--force-confold \
      install --yes --no-install-recommends "$1" >"$work/apt" 2>&1; then
      # One bad source of several fails the update.
      [ -n "$updated" ] || echo "hardway: apt-get update failed on $machine, but $1 is installed: $(tail -n 1 "$work/apt-update")" >&2
      return 0
    fi
    [ "$SECONDS" -lt "$deadline" ] ||
      fail "the package $1 could not be installed in $PACKAGE_SECONDS s: $(tail -n 3 "$work/apt") $(tail -n 1 "$work/apt-update")"
    sleep 2
  done
}

# apply_sysctls FILE: sets the kernel's settings in FILE ("key = value" lines) that differ. The kernel reads FILE at every boot.
apply_sysctls() {
  local key value
  while read -r key _ value; do
    [ "$(sysctl -n "$key")" = "$value" ] || sysctl --quiet --write "$key=$value" || true
    # sysctl may exit 0 although it failed, so look.
    [ "$(sysctl -n "$key")" = "$value" ] ||
      fail "the kernel setting $key cannot be changed to $value on this machine"
  done <"$1"
}

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

# A step is a transaction: when its units are not healthy with what it brings, the machine goes back to what was healthy before.
GENERATIONS="$STATE/generations"
can_go_back=

# save_generation: keeps what the step is about to replace. Its own former copy stays until the new one is whole.
save_generation() {
  local path kept="$GENERATIONS/$step"
  rm -rf "$kept.new"
  mkdir -p "$GENERATIONS"
  chmod 0700 "$GENERATIONS" # private keys are among it
  mkdir "$kept.new" "$kept.new/files"
  : >"$kept.new/absent"
  for path in "${staged[@]}"; do
    if [ -e "$path" ] || [ -L "$path" ]; then
      mkdir -p "$kept.new/files${path%/*}"
      cp --archive --no-dereference "$path" "$kept.new/files$path"
    else
      echo "$path" >>"$kept.new/absent"
    fi
  done
  rm -rf "$kept"
  mv -T "$kept.new" "$kept"
}

# restore_generation: puts back what save_generation kept
restore_generation() {
  local path kept="$GENERATIONS/$step"
  while read -r path; do rm -f "$path"; done <"$kept/absent"
  while read -r path; do
    cp --archive --no-dereference "$kept/files$path" "$path.hardway-old"
    mv -fT "$path.hardway-old" "$path"
  done < <(cd "$kept/files" && find . \( -type f -o -type l \) -printf '/%P\n')
}

# guarded COMMAND: runs it in a subshell that ends at its first error, and reports how it ended. (In `COMMAND || …` bash would go
# on after an error.)
guarded() {
  local job
  ("$@") &
  job=$!
  wait "$job"
}

# transact PREPARE NOTE START: makes the staged files the machine's. NOTE fills `restarts`; PREPARE and START run with the new files
# in place. A unit that served before is changed under the turn, and goes back when it does not serve again.
transact() {
  local prepare="$1" note="$2" start="$3"
  "$note"
  if [ "${#restarts[@]}" -eq 0 ]; then
    change "$prepare" "$start"
    settle
    return
  fi
  if serves; then
    take_turn
    save_generation
    can_go_back=yes
  elif [ -e "$GENERATIONS/$step/absent" ]; then
    can_go_back=yes # an earlier run was interrupted between its change and its verdict
  fi
  if guarded change "$prepare" "$start"; then
    rm -rf "${GENERATIONS:?}/$step"
    end_turn
    settle
    return
  fi
  [ -n "$can_go_back" ] || exit 1
  go_back "$note" "$start"
}

# change PREPARE START
change() {
  commit
  "$1"
  "$2"
}

# go_back NOTE START: ends the step with an error, the machine as it was
go_back() {
  echo "hardway: $machine goes back to the generation of $step that was healthy" >&2 || true
  rm -rf "$work/failed" "$stage"
  restore_generation
  restarts=() along=()
  "$1"
  can_go_back=
  guarded "$2" || fail_plainly "step $step failed on $machine, and so did going back: see above"
  rm -rf "${GENERATIONS:?}/$step"
  announce_failure
  fail_gone_back
}

# fail_plainly MESSAGE: like fail, also after another error was reported
fail_plainly() {
  echo "hardway: $*" >&2
  exit 1
}

begin_step control-plane controller-1
put /etc/sysusers.d/hardway-control-plane.conf 0644 root <<'HARDWAY-FILE'
u kube-apiserver - "hardway kube-apiserver" /nonexistent /usr/sbin/nologin
u kube-controller-manager - "hardway kube-controller-manager" /nonexistent /usr/sbin/nologin
u kube-scheduler - "hardway kube-scheduler" /nonexistent /usr/sbin/nologin
u kubelet-csr-approver - "hardway kubelet-csr-approver" /nonexistent /usr/sbin/nologin
u health-proxy - "hardway health-proxy" /nonexistent /usr/sbin/nologin
HARDWAY-FILE
systemd-sysusers "$stage/etc/sysusers.d/hardway-control-plane.conf" >"$work/sysusers" 2>&1 || fail "no users made: $(cat "$work/sysusers")"
put /etc/systemd/system/kube-apiserver.service 0644 root <<'HARDWAY-FILE'
[Unit]
Description=Kubernetes API Server
Documentation=https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/
After=network-online.target etcd.service
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
User=kube-apiserver
ExecStart=/usr/local/bin/kube-apiserver \
  --advertise-address=10.240.0.11 \
  --bind-address=0.0.0.0 \
  --secure-port=6443 \
  --allow-privileged=true \
  --endpoint-reconciler-type=lease \
  --runtime-config=api/all=true \
  --event-ttl=1h \
  --etcd-servers=https://10.240.0.11:2379 \
  --etcd-cafile=/var/lib/kubernetes/pki/etcd-ca.crt \
  --etcd-certfile=/var/lib/kubernetes/pki/apiserver-etcd-client.crt \
  --etcd-keyfile=/var/lib/kubernetes/pki/apiserver-etcd-client.key \
  --encryption-provider-config=/var/lib/kubernetes/encryption-config.yaml \
  --tls-cert-file=/var/lib/kubernetes/pki/apiserver.crt \
  --tls-private-key-file=/var/lib/kubernetes/pki/apiserver.key \
  --tls-min-version=VersionTLS12 \
  --tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 \
  --anonymous-auth=false \
  --client-ca-file=/var/lib/kubernetes/pki/ca.crt \
  --enable-bootstrap-token-auth=true \
  --service-account-issuer=https://203.0.113.99:6443 \
  --service-account-key-file=/var/lib/kubernetes/pki/service-account.pub \
  --service-account-signing-key-file=/var/lib/kubernetes/pki/service-account.key \
  --service-account-lookup=true \
  --service-account-extend-token-expiration=false \
  --authorization-mode=Node,RBAC \
  --enable-admission-plugins=NamespaceLifecycle,NodeRestriction,LimitRanger,ServiceAccount,DefaultStorageClass,ResourceQuota,DenyServiceExternalIPs,EventRateLimit \
  --admission-control-config-file=/etc/kubernetes/config/admission.yaml \
  --kubelet-certificate-authority=/var/lib/kubernetes/pki/ca.crt \
  --kubelet-client-certificate=/var/lib/kubernetes/pki/apiserver-kubelet-client.crt \
  --kubelet-client-key=/var/lib/kubernetes/pki/apiserver-kubelet-client.key \
  --kubelet-preferred-address-types=InternalIP,Hostname \
  --requestheader-client-ca-file=/var/lib/kubernetes/pki/front-proxy-ca.crt \
  --requestheader-allowed-names=front-proxy-client \
  --requestheader-username-headers=X-Remote-User \
  --requestheader-group-headers=X-Remote-Group \
  --requestheader-extra-headers-prefix=X-Remote-Extra- \
  --proxy-client-cert-file=/var/lib/kubernetes/pki/front-proxy-client.crt \
  --proxy-client-key-file=/var/lib/kubernetes/pki/front-proxy-client.key \
  --enable-aggregator-routing=true \
  --service-cluster-ip-range=10.32.0.0/24 \
  --service-node-port-range=30000-32767 \
  --audit-policy-file=/etc/kubernetes/config/audit-policy.yaml \
  --audit-log-path=/var/log/kubernetes/audit.log \
  --audit-log-maxage=30 \
  --audit-log-maxbackup=3 \
  --audit-log-maxsize=100 \
  --max-requests-inflight=400 \
  --max-mutating-requests-inflight=200 \
  --goaway-chance=0.001 \
  --shutdown-delay-duration=30s \
  --shutdown-send-retry-after=true \
  --profiling=false \
  --v=2
Restart=always
RestartSec=2
TimeoutStartSec=infinity
TimeoutStopSec=95
LimitNOFILE=65536
OOMScoreAdjust=-998
LogsDirectory=kubernetes
LogsDirectoryMode=0700
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
PrivateUsers=yes
ProtectSystem=strict
ProtectHome=yes
ProtectProc=invisible
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
PrivateDevices=yes
PrivateIPC=yes
PrivateMounts=yes
PrivateTmp=yes
RemoveIPC=yes
NoExecPaths=/
ExecPaths=/opt/hardway
TemporaryFileSystem=/var/lib:ro
TemporaryFileSystem=/var/log:ro
BindReadOnlyPaths=/var/lib/kubernetes
BindPaths=/var/log/kubernetes
InaccessiblePaths=/etc/etcd
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_INET AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources @aio @keyring @memlock
SystemCallErrorNumber=EPERM
UMask=0077

[Install]
WantedBy=multi-user.target
HARDWAY-FILE
put /etc/systemd/system/kube-controller-manager.service 0644 root <<'HARDWAY-FILE'
[Unit]
Description=Kubernetes Controller Manager
Documentation=https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/
After=network-online.target kube-apiserver.service
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
User=kube-controller-manager
ExecStart=/usr/local/bin/kube-controller-manager \
  --bind-address=127.0.0.1 \
  --secure-port=10257 \
  --kubeconfig=/var/lib/kubernetes/kube-controller-manager.kubeconfig \
  --authentication-kubeconfig=/var/lib/kubernetes/kube-controller-manager.kubeconfig \
  --authorization-kubeconfig=/var/lib/kubernetes/kube-controller-manager.kubeconfig \
  --client-ca-file=/var/lib/kubernetes/pki/ca.crt \
  --requestheader-client-ca-file=/var/lib/kubernetes/pki/front-proxy-ca.crt \
  --tls-cert-file=/var/lib/kubernetes/pki/controller-manager.crt \
  --tls-private-key-file=/var/lib/kubernetes/pki/controller-manager.key \
  --tls-min-version=VersionTLS12 \
  --tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 \
  --cluster-name=hardway-test \
  --cluster-cidr=10.200.0.0/16 \
  --allocate-node-cidrs=true \
  --service-cluster-ip-range=10.32.0.0/24 \
  --cluster-signing-cert-file=/var/lib/kubernetes/pki/ca.crt \
  --cluster-signing-key-file=/var/lib/kubernetes/pki/ca.key \
  --cluster-signing-duration=8760h \
  --root-ca-file=/var/lib/kubernetes/pki/ca.crt \
  --service-account-private-key-file=/var/lib/kubernetes/pki/service-account-controller-manager.key \
  --use-service-account-credentials=true \
  --controllers=*,bootstrapsigner,tokencleaner \
  --terminated-pod-gc-threshold=1000 \
  --leader-elect=true \
  --profiling=false \
  --v=2
Restart=always
RestartSec=2
LimitNOFILE=65536
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
PrivateUsers=yes
ProtectSystem=strict
ProtectHome=yes
ProtectProc=invisible
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
PrivateDevices=yes
PrivateIPC=yes
PrivateMounts=yes
PrivateTmp=yes
RemoveIPC=yes
NoExecPaths=/
ExecPaths=/opt/hardway
TemporaryFileSystem=/var/lib:ro
TemporaryFileSystem=/var/log:ro
BindReadOnlyPaths=/var/lib/kubernetes
InaccessiblePaths=/etc/etcd
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_INET
IPAddressDeny=any
IPAddressAllow=localhost
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources @aio @keyring @memlock
SystemCallErrorNumber=EPERM
UMask=0077

[Install]
WantedBy=multi-user.target
HARDWAY-FILE
put /etc/systemd/system/kube-scheduler.service 0644 root <<'HARDWAY-FILE'
[Unit]
Description=Kubernetes Scheduler
Documentation=https://kubernetes.io/docs/reference/command-line-tools-reference/kube-scheduler/
After=network-online.target kube-apiserver.service
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
User=kube-scheduler
ExecStart=/usr/local/bin/kube-scheduler \
  --config=/etc/kubernetes/config/kube-scheduler.yaml \
  --bind-address=127.0.0.1 \
  --secure-port=10259 \
  --authentication-kubeconfig=/var/lib/kubernetes/kube-scheduler.kubeconfig \
  --authorization-kubeconfig=/var/lib/kubernetes/kube-scheduler.kubeconfig \
  --client-ca-file=/var/lib/kubernetes/pki/ca.crt \
  --requestheader-client-ca-file=/var/lib/kubernetes/pki/front-proxy-ca.crt \
  --tls-cert-file=/var/lib/kubernetes/pki/scheduler.crt \
  --tls-private-key-file=/var/lib/kubernetes/pki/scheduler.key \
  --tls-min-version=VersionTLS12 \
  --tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 \
  --v=2
Restart=always
RestartSec=2
LimitNOFILE=65536
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
PrivateUsers=yes
ProtectSystem=strict
ProtectHome=yes
ProtectProc=invisible
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
PrivateDevices=yes
PrivateIPC=yes
PrivateMounts=yes
PrivateTmp=yes
RemoveIPC=yes
NoExecPaths=/
ExecPaths=/opt/hardway
TemporaryFileSystem=/var/lib:ro
TemporaryFileSystem=/var/log:ro
BindReadOnlyPaths=/var/lib/kubernetes
InaccessiblePaths=/etc/etcd
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_INET
IPAddressDeny=any
IPAddressAllow=localhost
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources @aio @keyring @memlock
SystemCallErrorNumber=EPERM
UMask=0077

[Install]
WantedBy=multi-user.target
HARDWAY-FILE
put /etc/systemd/system/kubelet-csr-approver.service 0644 root <<'HARDWAY-FILE'
[Unit]
Description=Approver of kubelets' serving certificates
After=network-online.target kube-apiserver.service
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
User=kubelet-csr-approver
Environment=KUBECONFIG=/var/lib/kubernetes/kubelet-csr-approver.kubeconfig
Environment=APPROVER=hardway:kubelet-csr-approver
Environment=WORKERS=hardway-workers
ExecStart=/usr/local/libexec/hardway/kubelet-csr-approver
Restart=always
RestartSec=2
RuntimeDirectory=kubelet-csr-approver
RuntimeDirectoryMode=0700
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
PrivateUsers=yes
ProtectSystem=strict
ProtectHome=yes
ProtectProc=invisible
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
PrivateDevices=yes
PrivateIPC=yes
PrivateMounts=yes
PrivateTmp=yes
RemoveIPC=yes
NoExecPaths=/
ExecPaths=/usr/local/libexec/hardway/kubelet-csr-approver
ExecPaths=/usr/bin
ExecPaths=/usr/lib
ExecPaths=/opt/hardway
TemporaryFileSystem=/var/lib:ro
TemporaryFileSystem=/var/log:ro
BindReadOnlyPaths=/var/lib/kubernetes
InaccessiblePaths=/etc/etcd
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_INET
IPAddressDeny=any
IPAddressAllow=localhost
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources @aio @keyring @memlock
SystemCallErrorNumber=EPERM
UMask=0077

[Install]
WantedBy=multi-user.target
HARDWAY-FILE
put /usr/local/libexec/hardway/kubelet-csr-approver 0755 root <<'HARDWAY-FILE'
#!/bin/bash
# Approves the serving certificates that kubelets ask for. A request is approved only when it is, byte for byte, what the kubelet of that
# machine asks for; every other one stays pending, for a person to look at, and one line in the journal says why.
# What a machine may be called comes from the ConfigMap $WORKERS, NAME: ADDRESS, which only administrators write.
# Others choose most of a request's fields. So they come here as hexadecimal numbers, and are compared as such: none is ever shown,
# and none is read by anything but openssl.
export LC_ALL=C
set -uo pipefail
shopt -s lastpipe

readonly SIGNER=kubernetes.io/kubelet-serving
# Bytes of a request.
readonly LARGEST=4096
# One line for each machine: its name in hexadecimal, its name, its address.
readonly MACHINE_LINE='{{range $name, $address := .data}}{{printf "%x %s %s\n" $name $name $address}}{{end}}'

# to_hex < BYTES
to_hex() { od -An -v -tx1 | tr -d ' \n'; }
hex() { printf %s "$1" | to_hex; }

# der TAG CONTENT: one element, all in hexadecimal
der() {
  local bytes=$((${#2} / 2)) length=%02x
  [ "$bytes" -lt 128 ] || length=81%02x
  [ "$bytes" -lt 256 ] || length=82%04x
  # shellcheck disable=SC2059
  printf "%s$length%s" "$1" "$bytes" "$2"
}

# attribute OID TEXT: a part of a subject, as Go encodes it (a PrintableString)
attribute() { der 31 "$(der 30 "$1$(der 13 "$(hex "$2")")")"; }

# address ADDRESS: the four bytes
# shellcheck disable=SC2046,SC2086
address() { printf %02x%02x%02x%02x ${1//./ }; }

# expected NAME SANS KEY: the part of a request that is signed, as kubelet makes it (RFC 2986, 5280)
expected() {
  local subject extension
  subject=$(der 30 "$(attribute 060355040a system:nodes)$(attribute 0603550403 "system:node:$1")")
  extension=$(der 30 "0603551d11$(der 04 "$(der 30 "$2")")")
  der 30 "020100$subject$3$(der a0 "$(der 30 "06092a864886f70d01090e$(der 31 "$(der 30 "$extension")")")")"
}

# key_of < REQUEST: its public key, if it is of a kind that kubelets may have
key_of() {
  local pem key bits
  pem=$(openssl req -noout -pubkey 2>/dev/null) || return 1
  key=$(openssl pkey -pubin -outform DER 2>/dev/null <<<"$pem" | to_hex)
  case "$key" in
    3059301306072a8648ce3d020106082a8648ce3d03010703420004*) ;; # ECDSA P-256
    3076301006072a8648ce3d020106052b8104002203620004*) ;;       # ECDSA P-384
    3082????300d06092a864886f70d0101010500*)                    # RSA
      bits=$(openssl pkey -pubin -noout -text 2>/dev/null <<<"$pem" | sed -n '1s/^.*Public-Key: (\([0-9]*\) bit)$/\1/p')
      [ "${bits:-0}" -ge 2048 ] || return 1
      ;;
    *) return 1 ;;
  esac
  printf %s "$key"
}

refuse() {
  reason="$*"
  return 1
}

# check_bytes NAME ADDRESS REQUEST: whether the request, base64 of PEM, is what the kubelet of the machine asks for
check_bytes() {
  local name="$1" request="$3" pem said key whole ip
  [[ "$request" =~ ^[A-Za-z0-9+/]+=*$ ]] || refuse "its request is empty or longer than $LARGEST bytes" || return 1
  pem=$(base64 --decode 2>/dev/null <<<"$request" | tr -d '\0')
  # What openssl has read and writes again must be all that was there: no second block, and nothing around the first.
  [ "$(openssl req -outform PEM 2>/dev/null <<<"$pem" | base64 --wrap 0)" = "$request" ] ||
    refuse "its request is not one PEM block and nothing else" || return 1
  said=$(openssl req -noout -verify 2>&1 <<<"$pem") && [[ "$said" =~ ^[A-Za-z\ -]*verify\ OK$ ]] ||
    refuse "its request is not signed with its own key" || return 1
  key=$(key_of <<<"$pem") || refuse "its key is not ECDSA P-256 or P-384, or RSA of at least 2048 bits" || return 1
  whole=$(openssl req -outform DER 2>/dev/null <<<"$pem" | to_hex)
  # Without the header of the outermost element.
  case "$whole" in
    3082*) whole="${whole:8}" ;;
    3081*) whole="${whole:6}" ;;
    *) whole="${whole:4}" ;;
  esac
  ip=$(der 87 "$(address "$2")")
  case "$whole" in
    "$(expected "$name" "$(der 82 "$(hex "$name")")$ip" "$key")"*) ;;
    "$(expected "$name" "$ip" "$key")"*) ;;
    *) refuse "subject, names or extensions are not exactly those of machine $name" ;;
  esac
}

# machine_of NAME-IN-HEX: NAME ADDRESS
machine_of() {
  local number name address
  kubectl get configmap "$WORKERS" --namespace kube-system --output "go-template=$MACHINE_LINE" 2>/dev/null |
    while read -r number name address; do
      if [ "$number" = "$1" ] && [[ "$name" =~ ^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$ ]] && is_address "$address"; then
        echo "$name $address"
      fi
    done
}

is_address() {
  local byte='(0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])'
  [[ "$1" =~ ^$byte\.$byte\.$byte\.$byte$ ]]
}

# judge SIGNER USER GROUPS USAGES REQUEST: succeeds when all is right, and says in $name whose request it is; else why not, in $reason
judge() {
  local prefix serving encipherment sorted address=
  name=
  [ "$1" = "$(hex "$SIGNER")" ] || refuse "its signer is another one" || return 1
  prefix=$(hex system:node:)
  [[ "$2" =~ ^"$prefix"([0-9a-f]+)$ ]] || refuse "its user is not a node" || return 1
  local number="${BASH_REMATCH[1]}"
  [[ ",$3" == *",$(hex system:nodes),"* ]] || refuse "its user is not in the group of the nodes" || return 1
  serving="$(hex "digital signature"),$(hex "server auth"),"
  encipherment="$(hex "digital signature"),$(hex "key encipherment"),$(hex "server auth"),"
  sorted=$(tr , '\n' <<<"${4%,}" | sort | tr '\n' ,)
  [ "$sorted" = "$serving" ] || [ "$sorted" = "$encipherment" ] || refuse "its usages are not those of a server" || return 1
  [ -n "$5" ] || refuse "its request is empty or longer than $LARGEST bytes" || return 1
  read -r name address <<<"$(machine_of "$number")"
  [ -n "$address" ] || refuse "its user is not a machine in the ConfigMap $WORKERS" || return 1
  check_bytes "$name" "$address" "$5" || return 1
  kubectl get --raw "/api/v1/nodes/$name" >/dev/null 2>&1 || refuse "there is no Node $name"
}

# What the approver does with the requests that the API server shows it. The functions of kubelet-csr-check.sh come before this.

readonly REQUESTS=/apis/certificates.k8s.io/v1/certificatesigningrequests
# Characters of a request's base64.
readonly LARGEST_ENCODED=$(((LARGEST + 2) / 3 * 4))
# After this time, requests that were refused are looked at again: a machine may have got its entry or its Node since.
readonly ROUND_SECONDS=30
readonly PAUSE_SECONDS=5

# One line for each request: STATE UID VERSION =NAME =SIGNER =USER =GROUP,... =USAGE,... =REQUEST. The last is base64, the others after
# a = are hexadecimal.
readonly LINE='{{define "hex"}} ={{with .}}{{printf "%x" .}}{{end}}{{end}}{{define "list"}} ={{range .}}{{printf "%x," .}}{{end}}{{end}}'\
'{{$state := "pending"}}{{with .status}}{{if .conditions}}{{$state = "decided"}}{{end}}{{end}}{{$state}}'\
' {{.metadata.uid}} {{.metadata.resourceVersion}}{{template "hex" .metadata.name}}{{with .spec}}{{template "hex" .signerName}}'\
'{{template "hex" .username}}{{template "list" .groups}}{{template "list" .usages}}'\
" ={{with .request}}{{if le (len .) $LARGEST_ENCODED}}{{.}}{{end}}{{end}}{{end}}"'{{"\n"}}'

# approve REQUEST-NAME UID VERSION MACHINE. The API server refuses it when the request is not the one that was judged any more.
approve() {
  local said
  said=$(
    kubectl replace --raw "$REQUESTS/$1/approval" --filename - 2>&1 >/dev/null <<OBJECT
{"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest",
 "metadata": {"name": "$1", "uid": "$2", "resourceVersion": "$3"},
 "spec": {"signerName": "$SIGNER", "request": "", "usages": []},
 "status": {"conditions": [{"type": "Approved", "status": "True", "reason": "KubeletServing",
  "message": "$APPROVER: names and address are those of machine $4"}]}}
OBJECT
  ) && echo "hardway: $1 is approved: names and address are those of machine $4" && return
  # Another controller was faster, or somebody has deleted it.
  [[ "$said" == *Conflict* || "$said" == *"has been modified"* || "$said" == *NotFound* ]] || echo "hardway: $1 cannot be approved: $said" >&2
}

# handle STATE UID VERSION NAME SIGNER USER GROUPS USAGES REQUEST: what came as one line
handle() {
  local request name reason=
  [ "$1" = pending ] || return 0
  # shellcheck disable=SC2001
  request=$(printf %b "$(sed 's/../\\x&/g' <<<"${4#=}")" | tr -d '\0')
  if ! [[ "$request" =~ ^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$ && "$(hex "$request")" = "${4#=}" ]]; then
    request="a request with another name than kubelets give"
    reason="its name must have a-z, 0-9, - and . only"
  elif judge "${5#=}" "${6#=}" "${7#=}" "${8#=}" "${9#=}"; then
    approve "$request" "$2" "$3" "$name"
    return 0
  fi
  [ "${said[$2]-}" = "$reason" ] || [ "${now[$2]-}" = "$reason" ] || echo "hardway: $request stays pending: $reason"
  now[$2]="$reason"
}

# What was said of requests, by uid, at the last round and at this one: the same is not said again.
declare -A said=() now=()

# Looks at all requests, and then at each new one until the round ends. Fails when the API has ended it.
round() {
  local line
  now=()
  timeout "$ROUND_SECONDS" kubectl get certificatesigningrequests --watch --field-selector "spec.signerName=$SIGNER" \
    --output "go-template=$LINE" |
    while IFS=' ' read -r -a line; do [ "${#line[@]}" = 9 ] && handle "${line[@]}" </dev/null; done
  local ended="${PIPESTATUS[0]}"
  said=()
  for uid in "${!now[@]}"; do said[$uid]="${now[$uid]}"; done
  [ "$ended" = 124 ]
}

main() {
  # The step on the machine waits for this.
  until kubectl get --raw /readyz >/dev/null; do sleep 1; done
  : >"$RUNTIME_DIRECTORY/connected"
  while true; do round || sleep "$PAUSE_SECONDS"; done
}

# Tests read this file without running it.
[ "${BASH_SOURCE[0]}" != "$0" ] || main
HARDWAY-FILE
put /etc/systemd/system/nginx.service 0644 root <<'HARDWAY-FILE'
[Unit]
Description=Health proxy for the load balancer (nginx)
Documentation=man:nginx(8)
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
User=health-proxy
ExecStart=/usr/sbin/nginx -c /etc/nginx/health-proxy.conf -e stderr
ExecReload=/usr/sbin/nginx -c /etc/nginx/health-proxy.conf -e stderr -s reload
Restart=always
RestartSec=1
RuntimeDirectory=health-proxy
NoNewPrivileges=yes
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
AmbientCapabilities=CAP_NET_BIND_SERVICE
PrivateUsers=no
ProtectSystem=strict
ProtectHome=yes
ProtectProc=invisible
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
PrivateDevices=yes
PrivateIPC=yes
PrivateMounts=yes
PrivateTmp=yes
RemoveIPC=yes
NoExecPaths=/
ExecPaths=/usr/sbin/nginx
ExecPaths=/usr/lib
TemporaryFileSystem=/var/lib:ro
TemporaryFileSystem=/var/log:ro
BindReadOnlyPaths=/var/lib/kubernetes
InaccessiblePaths=/etc/etcd
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_INET
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources @aio @keyring @memlock
SystemCallErrorNumber=EPERM
UMask=0077

[Install]
WantedBy=multi-user.target
HARDWAY-FILE
put /etc/nginx/health-proxy.conf 0644 root <<'HARDWAY-FILE'
# Written by hardway.
daemon off;
worker_processes 1;
pid /run/health-proxy/nginx.pid;
error_log stderr warn;

events {
  worker_connections 256;
}

http {
  # Probes from outside are written down while a step waits for one: the file "watch" is there.
  map $remote_addr $outside {
    127.0.0.1 0;
    default 1;
  }
  log_format probe '$remote_addr $status';
  access_log off;
  server_tokens off;
  client_body_temp_path /run/health-proxy/body;
  proxy_temp_path /run/health-proxy/proxy;
  fastcgi_temp_path /run/health-proxy/fastcgi;
  uwsgi_temp_path /run/health-proxy/uwsgi;
  scgi_temp_path /run/health-proxy/scgi;

  server {
    listen 80 default_server;
    return 404;
  }

  server {
    listen 80;
    server_name kubernetes.default.svc.cluster.local;

    set $probed 0;
    if (-f /run/health-proxy/watch) {
      set $probed $outside;
    }
    access_log /run/health-proxy/probes probe if=$probed;

    proxy_ssl_certificate /var/lib/kubernetes/pki/health-client.crt;
    proxy_ssl_certificate_key /var/lib/kubernetes/pki/health-client.key;
    proxy_ssl_trusted_certificate /var/lib/kubernetes/pki/ca.crt;
    proxy_ssl_verify on;
    proxy_ssl_name kubernetes;
    proxy_ssl_protocols TLSv1.3;
    proxy_ssl_session_reuse on;
    proxy_connect_timeout 1s;
    proxy_read_timeout 2s;
    # Nothing of the caller's goes on to the API server.
    proxy_pass_request_headers off;
    proxy_pass_request_body off;

    location = /healthz {
      limit_except GET { deny all; }
      proxy_pass https://127.0.0.1:6443/readyz;
    }
    location = /livez {
      limit_except GET { deny all; }
      proxy_pass https://127.0.0.1:6443/livez;
    }
    location = /readyz {
      limit_except GET { deny all; }
      proxy_pass https://127.0.0.1:6443/readyz;
    }
  }
}
HARDWAY-FILE
put /etc/sysctl.d/90-hardway.conf 0644 root <<'HARDWAY-FILE'
net.ipv4.ip_forward = 1
HARDWAY-FILE
put /etc/kubernetes/config/kube-scheduler.yaml 0644 root <<'HARDWAY-FILE'
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
clientConnection:
  kubeconfig: /var/lib/kubernetes/kube-scheduler.kubeconfig
leaderElection:
  leaderElect: true
enableProfiling: false
HARDWAY-FILE
put /etc/kubernetes/config/admission.yaml 0644 root <<'HARDWAY-FILE'
apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
  - name: EventRateLimit
    configuration:
      apiVersion: eventratelimit.admission.k8s.io/v1alpha1
      kind: Configuration
      limits:
        - type: Namespace
          qps: 50
          burst: 1000
HARDWAY-FILE
put /etc/kubernetes/config/audit-policy.yaml 0644 root <<'HARDWAY-FILE'
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages:
  - RequestReceived
rules:
  - level: None
    nonResourceURLs:
      - /healthz*
      - /livez*
      - /readyz*
      - /version
      - /openapi/*
  - level: None
    resources:
      - group: ""
        resources:
          - events
      - group: events.k8s.io
        resources:
          - events
  - level: Metadata
    resources:
      - group: ""
        resources:
          - secrets
          - configmaps
          - serviceaccounts/token
      - group: authentication.k8s.io
        resources:
          - tokenreviews
  - level: None
    users: &a1
      - system:apiserver
      - system:kube-controller-manager
      - system:kube-scheduler
    resources:
      - group: coordination.k8s.io
        resources:
          - leases
  - level: None
    users: *a1
    verbs:
      - get
      - list
      - watch
  - level: Request
    verbs:
      - create
      - update
      - patch
      - delete
      - deletecollection
  - level: Metadata
HARDWAY-FILE
put /var/lib/kubernetes/pki/ca.crt 0644 root <<'HARDWAY-FILE'
CA kubernetes
HARDWAY-FILE
put /var/lib/kubernetes/pki/etcd-ca.crt 0644 root <<'HARDWAY-FILE'
CA etcd
HARDWAY-FILE
put /var/lib/kubernetes/pki/front-proxy-ca.crt 0644 root <<'HARDWAY-FILE'
CA front proxy
HARDWAY-FILE
put /var/lib/kubernetes/pki/service-account.pub 0644 root <<'HARDWAY-FILE'
PUBLIC service-account
HARDWAY-FILE
put /var/lib/kubernetes/kube-controller-manager.kubeconfig 0400 kube-controller-manager <<'HARDWAY-FILE'
apiVersion: v1
kind: Config
clusters:
  - name: hardway-test
    cluster:
      server: https://127.0.0.1:6443
      certificate-authority: /var/lib/kubernetes/pki/ca.crt
users:
  - name: system:kube-controller-manager
    user:
      client-certificate: /var/lib/kubernetes/pki/controller-manager-client.crt
      client-key: /var/lib/kubernetes/pki/controller-manager-client.key
contexts:
  - name: system:kube-controller-manager@hardway-test
    context:
      cluster: hardway-test
      user: system:kube-controller-manager
current-context: system:kube-controller-manager@hardway-test
HARDWAY-FILE
put /var/lib/kubernetes/kube-scheduler.kubeconfig 0400 kube-scheduler <<'HARDWAY-FILE'
apiVersion: v1
kind: Config
clusters:
  - name: hardway-test
    cluster:
      server: https://127.0.0.1:6443
      certificate-authority: /var/lib/kubernetes/pki/ca.crt
users:
  - name: system:kube-scheduler
    user:
      client-certificate: /var/lib/kubernetes/pki/scheduler-client.crt
      client-key: /var/lib/kubernetes/pki/scheduler-client.key
contexts:
  - name: system:kube-scheduler@hardway-test
    context:
      cluster: hardway-test
      user: system:kube-scheduler
current-context: system:kube-scheduler@hardway-test
HARDWAY-FILE
put /var/lib/kubernetes/kubelet-csr-approver.kubeconfig 0400 kubelet-csr-approver <<'HARDWAY-FILE'
apiVersion: v1
kind: Config
clusters:
  - name: hardway-test
    cluster:
      server: https://127.0.0.1:6443
      certificate-authority: /var/lib/kubernetes/pki/ca.crt
users:
  - name: hardway:kubelet-csr-approver
    user:
      client-certificate: /var/lib/kubernetes/pki/csr-approver-client.crt
      client-key: /var/lib/kubernetes/pki/csr-approver-client.key
contexts:
  - name: hardway:kubelet-csr-approver@hardway-test
    context:
      cluster: hardway-test
      user: hardway:kubelet-csr-approver
current-context: hardway:kubelet-csr-approver@hardway-test
HARDWAY-FILE
note_beginning
jobs=()
fetch_program kubernetes /opt/hardway/kubernetes-v1.37.0/kube-apiserver https://mirror.example/kubernetes/v1.37.0/bin/linux/$ARCH/kube-apiserver https://mirror.example/kubernetes/v1.37.0/bin/linux/$ARCH/kube-apiserver.sha256 & jobs+=($!)
fetch_program kubernetes /opt/hardway/kubernetes-v1.37.0/kube-controller-manager https://mirror.example/kubernetes/v1.37.0/bin/linux/$ARCH/kube-controller-manager https://mirror.example/kubernetes/v1.37.0/bin/linux/$ARCH/kube-controller-manager.sha256 & jobs+=($!)
fetch_program kubernetes /opt/hardway/kubernetes-v1.37.0/kube-scheduler https://mirror.example/kubernetes/v1.37.0/bin/linux/$ARCH/kube-scheduler https://mirror.example/kubernetes/v1.37.0/bin/linux/$ARCH/kube-scheduler.sha256 & jobs+=($!)
fetch_program kubernetes /opt/hardway/kubernetes-v1.37.0/kubectl https://mirror.example/kubernetes/v1.37.0/bin/linux/$ARCH/kubectl https://mirror.example/kubernetes/v1.37.0/bin/linux/$ARCH/kubectl.sha256 & jobs+=($!)
failed=0; for job in "${jobs[@]}"; do wait "$job" || failed=1; done; [ "$failed" = 0 ] || exit 1
link /opt/hardway/kubernetes-v1.37.0/kube-apiserver /usr/local/bin/kube-apiserver
link /opt/hardway/kubernetes-v1.37.0/kube-controller-manager /usr/local/bin/kube-controller-manager
link /opt/hardway/kubernetes-v1.37.0/kube-scheduler /usr/local/bin/kube-scheduler
link /opt/hardway/kubernetes-v1.37.0/kubectl /usr/local/bin/kubectl
put_secrets
check_leaves /var/lib/kubernetes/pki/ca.crt /var/lib/kubernetes/pki/apiserver.crt /var/lib/kubernetes/pki/apiserver-kubelet-client.crt /var/lib/kubernetes/pki/controller-manager.crt /var/lib/kubernetes/pki/controller-manager-client.crt /var/lib/kubernetes/pki/scheduler.crt /var/lib/kubernetes/pki/scheduler-client.crt /var/lib/kubernetes/pki/csr-approver-client.crt /var/lib/kubernetes/pki/health-client.crt
check_leaves /var/lib/kubernetes/pki/etcd-ca.crt /var/lib/kubernetes/pki/apiserver-etcd-client.crt
check_leaves /var/lib/kubernetes/pki/front-proxy-ca.crt /var/lib/kubernetes/pki/front-proxy-client.crt
check_kube_apiserver_service() { curl --fail --silent --show-error --max-time 5 --cacert /var/lib/kubernetes/pki/ca.crt --cert /var/lib/kubernetes/pki/health-client.crt --key /var/lib/kubernetes/pki/health-client.key https://127.0.0.1:6443/readyz; }
check_kube_controller_manager_service() { curl --fail --silent --show-error --max-time 5 --cacert /var/lib/kubernetes/pki/ca.crt https://127.0.0.1:10257/healthz; }
check_kube_scheduler_service() { curl --fail --silent --show-error --max-time 5 --cacert /var/lib/kubernetes/pki/ca.crt https://127.0.0.1:10259/healthz; }
check_kubelet_csr_approver_service() { [ -e /run/kubelet-csr-approver/connected ]; }
check_nginx_service() { curl --fail --silent --show-error --max-time 5 --header Host:kubernetes.default.svc.cluster.local http://127.0.0.1:80/healthz; }
serves() { settled kube-apiserver.service && check_kube_apiserver_service >/dev/null 2>&1; }
prepare() {
true
apply_sysctls /etc/sysctl.d/90-hardway.conf
install_package nginx-light /usr/sbin/nginx
}
note_units() {
true
changed kube-apiserver.service /usr/local/bin/kube-apiserver /etc/systemd/system/kube-apiserver.service /etc/kubernetes/config/admission.yaml /etc/kubernetes/config/audit-policy.yaml /var/lib/kubernetes/encryption-config.yaml /var/lib/kubernetes/pki/ca.crt /var/lib/kubernetes/pki/etcd-ca.crt /var/lib/kubernetes/pki/front-proxy-ca.crt /var/lib/kubernetes/pki/service-account.pub /var/lib/kubernetes/pki/service-account.key
changed kube-controller-manager.service /usr/local/bin/kube-controller-manager /etc/systemd/system/kube-controller-manager.service /var/lib/kubernetes/pki/ca.crt /var/lib/kubernetes/pki/front-proxy-ca.crt /var/lib/kubernetes/kube-controller-manager.kubeconfig /var/lib/kubernetes/pki/ca.key /var/lib/kubernetes/pki/service-account-controller-manager.key
changed kube-scheduler.service /usr/local/bin/kube-scheduler /etc/systemd/system/kube-scheduler.service /var/lib/kubernetes/pki/ca.crt /var/lib/kubernetes/pki/front-proxy-ca.crt /etc/kubernetes/config/kube-scheduler.yaml /var/lib/kubernetes/kube-scheduler.kubeconfig
changed kubelet-csr-approver.service /etc/systemd/system/kubelet-csr-approver.service /usr/local/libexec/hardway/kubelet-csr-approver
changed nginx.service /etc/systemd/system/nginx.service /etc/nginx/health-proxy.conf /var/lib/kubernetes/pki/ca.crt
}
start_units() {
true
drop_ins kube-apiserver.service | xargs --no-run-if-empty rm -r
drop_ins kube-controller-manager.service | xargs --no-run-if-empty rm -r
drop_ins kube-scheduler.service | xargs --no-run-if-empty rm -r
drop_ins kubelet-csr-approver.service | xargs --no-run-if-empty rm -r
drop_ins nginx.service | xargs --no-run-if-empty rm -r
systemctl daemon-reload
systemctl enable --quiet --no-reload kube-apiserver.service kube-controller-manager.service kube-scheduler.service kubelet-csr-approver.service nginx.service
SECONDS=0
restart_changed 240
reload_unchanged nginx.service
jobs=()
healthy kube-apiserver.service 180 check_kube_apiserver_service & jobs+=($!)
healthy kube-controller-manager.service 240 check_kube_controller_manager_service & jobs+=($!)
healthy kube-scheduler.service 240 check_kube_scheduler_service & jobs+=($!)
healthy kubelet-csr-approver.service 240 check_kubelet_csr_approver_service & jobs+=($!)
healthy nginx.service 240 check_nginx_service & jobs+=($!)
failed=0; for job in "${jobs[@]}"; do wait "$job" || failed=1; done; [ "$failed" = 0 ] || exit 1
}
transact prepare note_units start_units
note_written kube-apiserver.service kube-controller-manager.service kube-scheduler.service kubelet-csr-approver.service nginx.service
}
main; exit
.
