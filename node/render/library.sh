# The part every step shares; read from standard input by bash, before the step itself and its secret files. Safe to interrupt anywhere and run again: files and releases appear whole or not at all,
# and a unit counts as started only when it was healthy with just the files it reads now.
set -euo pipefail
umask 022
export LC_ALL=C

STAMPS=/var/lib/hardway
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$STAMPS"

fail() {
  echo "hardway: $*" >&2
  exit 1
}

# One run of a step at a time: an earlier one may still be going on after its connection broke.
exec 9>"/run/lock/hardway-$STEP"
flock --wait 120 9 || fail "step $STEP still runs from before on this machine"

case "$(uname -m)" in
  x86_64) ARCH=amd64 ;;
  aarch64) ARCH=arm64 ;;
  *) fail "this machine's architecture is $(uname -m); use one of x86_64 and aarch64 (settings machineType and image)" ;;
esac

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

get() {
  curl --fail --silent --show-error --location --retry 5 --retry-connrefused --retry-delay 1 \
    --connect-timeout 10 --speed-limit 1000 --speed-time 30 "$@" ||
    fail "download failed: ${*: -1}; is the mirror right, and can this machine reach it? (settings kubernetesMirror and etcdMirror)"
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
  [ "$sum" = "$2" ] ||
    fail "checksum mismatch: $1 has SHA-256 $sum, its mirror's checksum file says $2; nothing was installed. The download or the mirror is damaged"
}

# release_binary BASE VERSION NAME: Kubernetes' layout, a program and its digest beside it
release_binary() {
  local dir="$RELEASES/kubernetes-$2" url="$1/$2/bin/linux/$ARCH/$3" digest
  mkdir -p "$dir"
  if [ ! -x "$dir/$3" ]; then
    digest=$(get "$url.sha256")
    fetch "$url" "${digest%% *}" "$dir/$3.hardway-new"
    chmod 0755 "$dir/$3.hardway-new"
    mv -f "$dir/$3.hardway-new" "$dir/$3"
  fi
  ln -sfn "$dir/$3" "$BINARIES/$3.hardway-new" && mv -fT "$BINARIES/$3.hardway-new" "$BINARIES/$3"
}

# release_archive BASE VERSION NAME...: etcd's layout, an archive and SHA256SUMS
release_archive() {
  local base="$1" version="$2" dir="$RELEASES/etcd-$2" archive="etcd-$2-linux-$ARCH" digest name
  shift 2
  if [ ! -d "$dir" ]; then
    get --output "$work/SHA256SUMS" "$base/$version/SHA256SUMS"
    digest=$(awk -v file="$archive.tar.gz" '$2 == file || $2 == "*" file { print $1 }' "$work/SHA256SUMS")
    [ -n "$digest" ] || fail "$base/$version/SHA256SUMS does not name $archive.tar.gz"
    fetch "$base/$version/$archive.tar.gz" "$digest" "$work/etcd.tar.gz"
    rm -rf "$dir.hardway-new"
    mkdir -p "$dir.hardway-new"
    tar -xzf "$work/etcd.tar.gz" -C "$dir.hardway-new" --strip-components=1 --no-same-owner "${@/#/$archive/}"
    mv -T "$dir.hardway-new" "$dir"
  fi
  for name in "$@"; do
    ln -sfn "$dir/$name" "$BINARIES/$name.hardway-new" && mv -fT "$BINARIES/$name.hardway-new" "$BINARIES/$name"
  done
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

# start UNIT SECONDS CHECK FILE...: (re)starts UNIT if what it reads changed since it was last healthy, then waits for CHECK
start() {
  local unit="$1" seconds="$2" check="$3" digest stamp="$STAMPS/$1.started-with" deadline
  shift 3
  digest=$(digest_of "$@")
  systemctl enable --quiet --no-reload "$unit"
  if ! systemctl is-active --quiet "$unit" || [ "$(cat "$stamp" 2>/dev/null)" != "$digest" ]; then
    rm -f "$stamp"
    systemctl reset-failed "$unit" 2>/dev/null || true
    systemctl restart --no-block "$unit"
  fi
  deadline=$((SECONDS + seconds))
  until settled "$unit" && "$check" >/dev/null 2>"$work/check-$unit"; do
    if [ "$SECONDS" -ge "$deadline" ]; then
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
  echo "$digest" >"$stamp.new" && mv -f "$stamp.new" "$stamp"
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
