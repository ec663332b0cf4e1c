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
