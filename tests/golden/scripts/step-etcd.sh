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

begin_step etcd controller-1
put /etc/sysusers.d/hardway-etcd.conf 0644 root <<'HARDWAY-FILE'
u etcd - "hardway etcd" /nonexistent /usr/sbin/nologin
u etcd-backup - "hardway etcd-backup" /nonexistent /usr/sbin/nologin
HARDWAY-FILE
systemd-sysusers "$stage/etc/sysusers.d/hardway-etcd.conf" >"$work/sysusers" 2>&1 || fail "no users made: $(cat "$work/sysusers")"
put /etc/systemd/system/etcd.service 0644 root <<'HARDWAY-FILE'
[Unit]
Description=etcd
Documentation=https://etcd.io/docs/
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
User=etcd
ExecStartPre=+/usr/bin/nsenter --mount=/proc/1/ns/mnt /usr/local/libexec/hardway/etcd-member join controller-1
EnvironmentFile=-/run/hardway/etcd.env
ExecStart=/usr/local/bin/etcd \
  --name=controller-1 \
  --data-dir=/var/lib/etcd \
  --listen-client-urls=https://10.240.0.11:2379,https://127.0.0.1:2379 \
  --advertise-client-urls=https://10.240.0.11:2379 \
  --listen-peer-urls=https://10.240.0.11:2380 \
  --initial-advertise-peer-urls=https://10.240.0.11:2380 \
  --initial-cluster-token=hardway-test \
  --strict-reconfig-check=true \
  --client-cert-auth=true \
  --trusted-ca-file=/etc/etcd/pki/ca.crt \
  --cert-file=/etc/etcd/pki/server.crt \
  --key-file=/etc/etcd/pki/server.key \
  --peer-client-cert-auth=true \
  --peer-trusted-ca-file=/etc/etcd/pki/ca.crt \
  --peer-cert-file=/etc/etcd/pki/peer.crt \
  --peer-key-file=/etc/etcd/pki/peer.key \
  --peer-cert-allowed-hostname=localhost \
  --tls-min-version=TLS1.3 \
  --enable-grpc-gateway=false \
  --feature-gates=InitialCorruptCheck=true \
  --watch-progress-notify-interval=5s \
  --quota-backend-bytes=8589934592 \
  --auto-compaction-mode=periodic \
  --auto-compaction-retention=8h \
  --heartbeat-interval=100 \
  --election-timeout=1000 \
  --logger=zap \
  --log-level=info
ExecStartPost=+/usr/bin/nsenter --mount=/proc/1/ns/mnt /usr/local/libexec/hardway/etcd-member promote controller-1
ExecStopPost=+/usr/bin/nsenter --mount=/proc/1/ns/mnt /usr/local/libexec/hardway/etcd-member ended controller-1
Restart=always
RestartSec=1
TimeoutStartSec=infinity
LimitNOFILE=65536
OOMScoreAdjust=-999
IOSchedulingClass=best-effort
IOSchedulingPriority=0
StateDirectory=etcd
StateDirectoryMode=0700
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
BindPaths=/var/lib/etcd
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
put /etc/etcd/pki/ca.crt 0644 root <<'HARDWAY-FILE'
CA etcd
HARDWAY-FILE
put /etc/hardway/members 0644 root <<'HARDWAY-FILE'
controller-0 10.240.0.10
controller-1 10.240.0.11
controller-2 10.240.0.12
HARDWAY-FILE
put /usr/local/libexec/hardway/etcd-member 0755 root <<'HARDWAY-FILE'
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
HARDWAY-FILE
put /etc/systemd/system/etcd-leave.service 0644 root <<'HARDWAY-FILE'
[Unit]
Description=leaves the etcd cluster when this machine is to go
After=etcd.service
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/local/libexec/hardway/etcd-member watch controller-1
Restart=always
RestartSec=5

[Install]
WantedBy=multi-user.target
HARDWAY-FILE
put /etc/profile.d/hardway-etcdctl.sh 0644 root <<'HARDWAY-FILE'
export ETCDCTL_ENDPOINTS=https://127.0.0.1:2379
export ETCDCTL_CACERT=/etc/etcd/pki/ca.crt
export ETCDCTL_CERT=/etc/etcd/pki/operator.crt
export ETCDCTL_KEY=/etc/etcd/pki/operator.key
HARDWAY-FILE
put /usr/local/libexec/hardway/drift 0755 root <<'HARDWAY-FILE'
#!/bin/bash
# Compares the machine with what its steps have written, and publishes the differences of each step as the guest attribute
# hardway/drift-STEP, so that the program sees them through the Compute Engine API. Without differences there is no such attribute.
set -euo pipefail
umask 077
export LC_ALL=C PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
STATE=/var/lib/hardway
ATTRIBUTES=http://169.254.169.254/computeMetadata/v1/instance/guest-attributes/hardway
# A difference beyond this many bytes is cut off. Google allows 256 KiB.
LONGEST=4000

# differences DIRECTORY: a line for each
differences() {
  local unit state
  # A file that is gone is among what stat misses, too.
  sha256sum --check --quiet "$1/sums" 2>/dev/null | sed -e 's/: FAILED open or read$/ is gone/' -e 's/: FAILED$/ was changed/' || true
  xargs --arg-file "$1/paths" --delimiter '\n' stat --format '%n %a %U %N' 2>/dev/null |
    awk 'NR == FNR { now[$1] = $0; next } $1 in now && now[$1] != $0 { print $1, "has another mode, owner or target" }' - "$1/modes" || true
  while read -r unit; do
    state=$(systemctl is-enabled "$unit" 2>/dev/null) || true
    [ "$state" = enabled ] || echo "$unit is ${state:-gone} instead of enabled"
    # While it waits for its turn to start, for example after a boot, it has a job.
    state=$(systemctl show --property=ActiveState,Job --value "$unit" | tr --delete '\n') || true
    [ "$state" != inactive ] || echo "$unit was stopped"
    find "/etc/systemd/system/$unit.d" "/run/systemd/system/$unit.d" -type f 2>/dev/null | sed "s|\$| changes $unit|" || true
  done <"$1/units"
}

# publish METHOD STEP CURL-OPTION...
publish() {
  curl --fail --silent --max-time 10 --header "Metadata-Flavor: Google" --request "$1" "${@:3}" "$ATTRIBUTES/drift-$2" >/dev/null
}

# compare STEP: not while the step changes the machine. The time is part of what is published, so that the same difference
# is noticed when it comes again.
compare() {
  local found="$STATE/drift-$1" text
  exec 9>"/run/lock/hardway-$1"
  flock --nonblock 9 || return 0
  text=$(differences "$STATE/written-$1" | head --bytes "$LONGEST")
  if [ -z "$text" ]; then
    [ ! -e "$found" ] || { publish DELETE "$1" && rm -f "$found"; }
  elif [ ! -e "$found" ] || [ "$(tail -n +2 "$found")" != "$text" ]; then
    printf 'seen %s\n%s\n' "$(date --utc +%FT%TZ)" "$text" >"$found.new"
    publish PUT "$1" --data-binary "@$found.new" && mv -f "$found.new" "$found"
  fi
}

for written in "$STATE"/written-*; do
  [ -e "$written/units" ] || continue
  compare "${written##*/written-}" || echo "hardway: the metadata server does not take what differs; are guest attributes allowed?"
done
HARDWAY-FILE
put /etc/systemd/system/hardway-drift.service 0644 root <<'HARDWAY-FILE'
[Unit]
Description=looks whether somebody has changed what hardway wrote

[Service]
Type=oneshot
ExecStart=/usr/local/libexec/hardway/drift
LogLevelMax=notice
Nice=19
IOSchedulingClass=idle
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths=/var/lib/hardway
ReadWritePaths=/run/lock
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_UNIX
MemoryDenyWriteExecute=yes
RestrictSUIDSGID=yes
LockPersonality=yes
HARDWAY-FILE
put /etc/systemd/system/hardway-drift.timer 0644 root <<'HARDWAY-FILE'
[Unit]
Description=looks every five minutes whether somebody has changed what hardway wrote

[Timer]
Unit=hardway-drift.service
OnBootSec=2min
OnUnitActiveSec=5min
AccuracySec=30s

[Install]
WantedBy=timers.target
HARDWAY-FILE
put /etc/etcd/backup-recipient.crt 0644 root <<'HARDWAY-FILE'
CERTIFICATE backup
HARDWAY-FILE
put /usr/local/sbin/etcd-backup 0755 root <<'HARDWAY-FILE'
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
HARDWAY-FILE
put /etc/systemd/system/etcd-backup@.service 0644 root <<'HARDWAY-FILE'
[Unit]
Description=backup of etcd (%i)
After=etcd.service

[Service]
Type=oneshot
User=etcd-backup
Environment=ETCDCTL_ENDPOINTS=https://127.0.0.1:2379
Environment=ETCDCTL_CACERT=/etc/etcd/pki/ca.crt
Environment=ETCDCTL_CERT=/etc/etcd/pki/backup.crt
Environment=ETCDCTL_KEY=/etc/etcd/pki/backup.key
Environment=CLUSTER=hardway-test
Environment=RECIPIENT=/etc/etcd/backup-recipient.crt
Environment=DIRECTORY=/var/lib/etcd-backup
Environment=INTERVAL_HOURS=6
Environment=EARLY_SECONDS=1800
Environment=KEPT=8
Environment=PART=16M
ExecStart=/usr/local/sbin/etcd-backup %i
ExecStopPost=/usr/bin/rm -rf /var/lib/etcd-backup/work
TimeoutStartSec=1h
Nice=19
IOSchedulingClass=idle
OOMScoreAdjust=500
StateDirectory=etcd-backup
StateDirectoryMode=0700
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
ExecPaths=/usr/local/sbin/etcd-backup
ExecPaths=/usr/bin
ExecPaths=/usr/lib
ExecPaths=/opt/hardway
TemporaryFileSystem=/var/lib:ro
TemporaryFileSystem=/var/log:ro
BindPaths=/var/lib/etcd-backup
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
HARDWAY-FILE
put /etc/systemd/system/etcd-backup.timer 0644 root <<'HARDWAY-FILE'
[Unit]
Description=looks every hour whether a backup of etcd is due

[Timer]
Unit=etcd-backup@due.service
OnActiveSec=10min
OnCalendar=*-*-* *:20:00
RandomizedDelaySec=5min
AccuracySec=1min
Persistent=yes

[Install]
WantedBy=timers.target
HARDWAY-FILE
note_beginning
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

welcome
fetch_archive etcd /opt/hardway/etcd-v3.7.0 1 https://mirror.example/etcd/v3.7.0/etcd-v3.7.0-linux-$ARCH.tar.gz https://mirror.example/etcd/v3.7.0/SHA256SUMS etcd-v3.7.0-linux-$ARCH/etcd etcd-v3.7.0-linux-$ARCH/etcdctl etcd-v3.7.0-linux-$ARCH/etcdutl
link /opt/hardway/etcd-v3.7.0/etcd /usr/local/bin/etcd
link /opt/hardway/etcd-v3.7.0/etcdctl /usr/local/bin/etcdctl
link /opt/hardway/etcd-v3.7.0/etcdutl /usr/local/bin/etcdutl
put_secrets
check_leaves /etc/etcd/pki/ca.crt /etc/etcd/pki/server.crt /etc/etcd/pki/peer.crt /etc/etcd/pki/operator.crt /etc/etcd/pki/backup.crt
check_etcd_service() { curl --fail --silent --show-error --max-time 5 --cacert /etc/etcd/pki/ca.crt --cert /etc/etcd/pki/operator.crt --key /etc/etcd/pki/operator.key https://127.0.0.1:2379/readyz; }
serves() { settled etcd.service && check_etcd_service >/dev/null 2>&1; }
prepare() {
true
systemctl daemon-reload
systemctl enable --quiet --now etcd-backup.timer
systemctl enable --quiet --now hardway-drift.timer
systemctl enable --quiet --no-reload etcd-leave.service
systemctl restart --no-block etcd-leave.service
}
note_units() {
true
changed etcd.service /usr/local/bin/etcd /etc/systemd/system/etcd.service /etc/etcd/pki/ca.crt
takes_along etcd.service kube-apiserver.service
}
start_units() {
true
drop_ins etcd.service | xargs --no-run-if-empty rm -r
systemctl daemon-reload
systemctl enable --quiet --no-reload etcd.service
SECONDS=0
restart_changed 300
healthy etcd.service 300 check_etcd_service
}
transact prepare note_units start_units
await_leavers
note_written etcd.service
}
main; exit
.
