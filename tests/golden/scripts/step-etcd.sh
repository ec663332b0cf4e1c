main() {
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

# fetch_binary DIRECTORY BASE NAME: Kubernetes' layout, a program and its digest beside it
fetch_binary() {
  once "$1/$3" download_binary "$2/bin/linux/$ARCH/$3"
}

download_binary() {
  local release=kubernetes digest
  digest=$(get "$1.sha256")
  fetch "$1" "${digest%% *}" "$2.hardway-new"
  chmod 0755 "$2.hardway-new"
  mv -f "$2.hardway-new" "$2"
}

# fetch_archive DIRECTORY BASE RELEASE NAME...: etcd's layout, an archive and SHA256SUMS
fetch_archive() {
  local directory="$1"
  shift
  once "$directory" download_archive "$@"
}

# download_archive BASE RELEASE NAME... DIRECTORY
download_archive() {
  local base="$1" archive="$2-linux-$ARCH" directory="${*: -1}" release=etcd digest
  shift 2
  set -- "${@:1:$#-1}"
  get --output "$work/SHA256SUMS" "$base/SHA256SUMS"
  digest=$(awk -v file="$archive.tar.gz" '$2 == file || $2 == "*" file { print $1 }' "$work/SHA256SUMS")
  [ -n "$digest" ] ||
    fail "$base/SHA256SUMS does not name $archive.tar.gz; nothing was installed. Look at the settings etcdVersion and etcdMirror"
  fetch "$base/$archive.tar.gz" "$digest" "$work/etcd.tar.gz"
  rm -rf "$directory.hardway-new"
  mkdir -p "$directory.hardway-new"
  tar -xzf "$work/etcd.tar.gz" -C "$directory.hardway-new" --strip-components=1 --no-same-owner "${@/#/$archive/}"
  mv -T "$directory.hardway-new" "$directory"
}

# link TARGET PATH
link() {
  ln -sfn "$1" "$2.hardway-new" && mv -fT "$2.hardway-new" "$2"
}

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

begin_step etcd
fetch_archive /opt/hardway/etcd-v3.7.0 https://mirror.example/etcd/v3.7.0 etcd-v3.7.0 etcd etcdctl etcdutl
link /opt/hardway/etcd-v3.7.0/etcd /usr/local/bin/etcd
link /opt/hardway/etcd-v3.7.0/etcdctl /usr/local/bin/etcdctl
link /opt/hardway/etcd-v3.7.0/etcdutl /usr/local/bin/etcdutl
put /etc/sysusers.d/hardway-etcd.conf 0644 root <<'HARDWAY-FILE'
u etcd - "hardway etcd" /nonexistent /usr/sbin/nologin
HARDWAY-FILE
systemd-sysusers /etc/sysusers.d/hardway-etcd.conf >"$work/sysusers" 2>&1 || fail "no users made: $(cat "$work/sysusers")"
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
ExecStart=/usr/local/bin/etcd \
  --name=controller-1 \
  --data-dir=/var/lib/etcd \
  --listen-client-urls=https://10.240.0.11:2379,https://127.0.0.1:2379 \
  --advertise-client-urls=https://10.240.0.11:2379 \
  --listen-peer-urls=https://10.240.0.11:2380 \
  --initial-advertise-peer-urls=https://10.240.0.11:2380 \
  --initial-cluster=controller-0=https://10.240.0.10:2380,controller-1=https://10.240.0.11:2380,controller-2=https://10.240.0.12:2380 \
  --initial-cluster-state=new \
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
put /etc/profile.d/hardway-etcdctl.sh 0644 root <<'HARDWAY-FILE'
export ETCDCTL_ENDPOINTS=https://127.0.0.1:2379
export ETCDCTL_CACERT=/etc/etcd/pki/ca.crt
export ETCDCTL_CERT=/etc/etcd/pki/operator.crt
export ETCDCTL_KEY=/etc/etcd/pki/operator.key
HARDWAY-FILE
put_secrets
check_etcd_service() { curl --fail --silent --show-error --max-time 5 --cacert /etc/etcd/pki/ca.crt --cert /etc/etcd/pki/operator.crt --key /etc/etcd/pki/operator.key https://127.0.0.1:2379/readyz; }
systemctl daemon-reload
systemctl enable --quiet --no-reload etcd.service
changed etcd.service /usr/local/bin/etcd /etc/systemd/system/etcd.service /etc/etcd/pki/ca.crt /etc/etcd/pki/server.crt /etc/etcd/pki/server.key /etc/etcd/pki/peer.crt /etc/etcd/pki/peer.key
SECONDS=0
restart_changed 300
healthy etcd.service 300 check_etcd_service
}
main; exit
.
