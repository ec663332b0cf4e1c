# What steps do on a machine. Safe to interrupt anywhere and run again: files appear whole or not at all, and a unit counts as
# started only when it was healthy with just the files it reads now.
STAMPS=/var/lib/hardway

# begin_step STEP: one run of a step at a time; an earlier one may still be going on after its connection broke
begin_step() {
  mkdir -p "$STAMPS"
  exec 9>"/run/lock/hardway-$1"
  flock --wait 120 9 || fail "step $1 still runs from before on this machine"
}

# put PATH MODE OWNER < CONTENT
put() {
  install -D -m "$2" -o "$3" -g "$3" /dev/stdin "$1.hardway-new"
  mv -f "$1.hardway-new" "$1"
}

# Secret files follow the script on standard input, a line each: PATH MODE OWNER BASE64, and a dot after the last, so that
# a connection that breaks half way is noticed. Nothing of them is ever a process's argument.
put_secrets() {
  local path mode owner content
  while read -r path mode owner content; do
    [ "$path" != . ] || return 0
    printf %s "$content" | base64 -d | put "$path" "$mode" "$owner"
  done
  fail "the connection broke before all files had arrived; nothing was restarted, run this again"
}

# What a unit reads, in one digest: contents, owners and modes of its files, and which release its program is of.
digest_of() {
  local path
  for path in "$@"; do
    stat --dereference --format '%n %a %U' "$path"
    if [ -L "$path" ]; then readlink "$path"; else sha256sum <"$path"; fi
  done | sha256sum
}

# settled UNIT: it runs, and systemd has nothing left to do about it (right after a restart the old process would still answer)
settled() {
  [ "$(systemctl show --property=ActiveState,Job --value "$1" | tr -d '\n')" = active ]
}

# changed UNIT FILE...: notes UNIT for `restart_changed`, unless it runs with just what FILEs are now
changed() {
  local unit="$1"
  shift
  digest_of "$@" >"$work/reads-$unit"
  if ! systemctl is-active --quiet "$unit" || ! cmp --silent "$work/reads-$unit" "$STAMPS/$unit.started-with"; then
    restarts+=("$unit")
  fi
}
restarts=()

# restart_changed SECONDS: together, in the order that the units have among themselves; what comes of it, `healthy` sees
restart_changed() {
  [ "${#restarts[@]}" -gt 0 ] || return 0
  local unit
  for unit in "${restarts[@]}"; do rm -f "$STAMPS/$unit.started-with"; done
  systemctl reset-failed "${restarts[@]}" 2>/dev/null || true
  timeout "$1" systemctl restart "${restarts[@]}" 2>/dev/null || true
}

# healthy UNIT SECONDS CHECK: waits for CHECK, and notes with which files UNIT passed it
healthy() {
  local unit="$1" seconds="$2" check="$3"
  until settled "$unit" && "$check" >/dev/null 2>"$work/check-$unit"; do
    [ ! -d "$work/failed" ] || exit 1 # another unit, mostly the cause of this one's trouble
    if [ "$SECONDS" -ge "$seconds" ] && mkdir "$work/failed"; then
      {
        echo "hardway: $unit on $(hostname) is not healthy after $seconds s; its check said: $(tail -n 1 "$work/check-$unit" 2>/dev/null)"
        systemctl status --no-pager --lines 0 "$unit" || true
        echo "Its last log lines:"
        journalctl --no-pager --quiet --output cat --lines 30 --unit "$unit" || true
      } >&2
      exit 1
    fi
    sleep 0.2
  done
  cp "$work/reads-$unit" "$STAMPS/$unit.new" && mv -f "$STAMPS/$unit.new" "$STAMPS/$unit.started-with"
}

# install_package NAME PROGRAM: the distribution's package NAME, unless PROGRAM is there
install_package() {
  [ -x "$2" ] && return
  # A fresh machine's own first apt run may still hold the lock.
  export DEBIAN_FRONTEND=noninteractive
  apt-get --quiet --quiet --option DPkg::Lock::Timeout=300 update >"$work/apt" 2>&1 &&
    apt-get --quiet --quiet --option DPkg::Lock::Timeout=300 --option Dpkg::Options::=--force-confold \
      install --yes --no-install-recommends "$1" >>"$work/apt" 2>&1 ||
    fail "the package $1 could not be installed: $(tail -n 3 "$work/apt")"
}

# apply_sysctls FILE: what of the kernel's settings in FILE ("key = value" lines) is not so yet; FILE is read again at every boot
apply_sysctls() {
  local key value
  while read -r key _ value; do
    [ "$(sysctl -n "$key")" = "$value" ] || sysctl --quiet --write "$key=$value" || true
    # sysctl may fail with success: look.
    [ "$(sysctl -n "$key")" = "$value" ] ||
      fail "the kernel setting $key cannot be changed to $value on this machine"
  done <"$1"
}
