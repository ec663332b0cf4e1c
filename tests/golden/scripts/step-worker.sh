main() {
# For worker-0: e2-standard-2
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

# In place of turn.sh: a machine that changes without asking others. Whoever runs the steps orders them.
note_beginning() { :; }
take_turn() { :; }
end_turn() { :; }
settle() { :; }
announce_failure() { :; }
fail_gone_back() { fail_plainly "step $step failed on $machine, which runs what it ran before"; }

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

# What only a worker's step does.

# joined CERTIFICATE: kubelet has a client certificate that is still valid, so it needs no bootstrap token
joined() {
  openssl x509 -noout -checkend 0 -in "$1" >/dev/null 2>&1
}

# unstage PATH: the step does not bring PATH, after all
unstage() {
  local path others=()
  for path in "${staged[@]}"; do [ "$path" = "$1" ] || others+=("$path"); done
  staged=("${others[@]}")
  rm -f "$stage$1"
}

# skip_when_joined CERTIFICATE FILE: FILE, which has the bootstrap token, does not come to a machine that has joined
skip_when_joined() {
  ! joined "$1" || end_joining "$2"
}

# end_joining FILE: the token has done its work
end_joining() {
  unstage "$1"
  rm -f "$1"
}

# kubelet_works URL CERTIFICATE
kubelet_works() {
  joined "$2" || {
    [ -e "$2" ] && echo "its client certificate $2 has ended" >&2 || echo "the cluster has given it no client certificate yet; is the API reached, and the bootstrap token still valid?" >&2
    return 1
  }
  curl --fail --silent --show-error --max-time 5 "$1"
}

# put_resolv_conf PATH: the machine's name servers, without those that only answer the machine itself; else the cloud's
RESOLV_CONFS="/run/systemd/resolve/resolv.conf /etc/resolv.conf"
put_resolv_conf() {
  local file text=
  for file in $RESOLV_CONFS; do
    text=$(awk '$1 == "nameserver" && $2 !~ /^(127[.]|::1$)/ || $1 == "search"' "$file" 2>/dev/null) || true
    ! grep -q '^nameserver' <<<"$text" || break
    text=
  done
  put "$1" 0644 root <<<"${text:-nameserver 169.254.169.254}"
}

# need_kernel MODULE COMMAND...: loads MODULE, unless COMMAND succeeds, which tells that the kernel has it. A machine that is a container has
# the modules of its host, and cannot load any.
need_kernel() {
  local module="$1"
  shift
  "$@" || modprobe "$module" 2>"$work/modprobe" || true
  "$@" || fail "the kernel of $machine has no $module: $(tail -n 1 "$work/modprobe")"
}

begin_step worker worker-0
put /etc/sysusers.d/hardway-worker.conf 0644 root <<'HARDWAY-FILE'
u kube-proxy - "hardway kube-proxy" /nonexistent /usr/sbin/nologin
HARDWAY-FILE
systemd-sysusers "$stage/etc/sysusers.d/hardway-worker.conf" >"$work/sysusers" 2>&1 || fail "no users made: $(cat "$work/sysusers")"
put /etc/systemd/system/containerd.service 0644 root <<'HARDWAY-FILE'
[Unit]
Description=containerd
Documentation=https://containerd.io
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart=/usr/local/bin/containerd --config /etc/containerd/config.toml
Delegate=yes
KillMode=process
Restart=always
RestartSec=5
LimitNPROC=infinity
LimitCORE=infinity
LimitNOFILE=1048576
TasksMax=infinity
OOMScoreAdjust=-999

[Install]
WantedBy=multi-user.target
HARDWAY-FILE
put /etc/containerd/config.toml 0600 root <<'HARDWAY-FILE'
version = 3

[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "registry.k8s.io/pause:3.10.1"

[plugins."io.containerd.cri.v1.images".registry]
config_path = "/etc/containerd/certs.d"

[plugins."io.containerd.cri.v1.runtime"]
restrict_oom_score_adj = true

[plugins."io.containerd.cri.v1.runtime".containerd]
default_runtime_name = "runc"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
BinaryName = "/usr/local/bin/runc"
SystemdCgroup = true
HARDWAY-FILE
put /etc/containerd/certs.d/registry.k8s.io/hosts.toml 0600 root <<'HARDWAY-FILE'
server = "https://registry.k8s.io"

[host."http://203.0.113.3"]
capabilities = ["pull","resolve"]
HARDWAY-FILE
put /etc/crictl.yaml 0644 root <<'HARDWAY-FILE'
runtime-endpoint: unix:///run/containerd/containerd.sock
image-endpoint: unix:///run/containerd/containerd.sock
timeout: 10
HARDWAY-FILE
put /etc/systemd/system/kubelet.service 0600 root <<'HARDWAY-FILE'
[Unit]
Description=Kubernetes kubelet
Documentation=https://kubernetes.io/docs/reference/command-line-tools-reference/kubelet/
After=network-online.target containerd.service hardway-pod-network.service
Wants=network-online.target containerd.service
StartLimitIntervalSec=0

[Service]
ExecStartPre=/usr/bin/install -m 0600 /etc/kubernetes/config/kubelet.kubeconfig /var/lib/kubelet/kubeconfig
ExecStart=/usr/local/bin/kubelet \
  --config=/etc/kubernetes/config/kubelet.yaml \
  --hostname-override=worker-0 \
  --node-ip=10.240.0.20 \
  --bootstrap-kubeconfig=/var/lib/kubelet/bootstrap.kubeconfig \
  --kubeconfig=/var/lib/kubelet/kubeconfig \
  --v=2
Restart=always
RestartSec=2
LimitNOFILE=1048576
OOMScoreAdjust=-999
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX
SystemCallArchitectures=native

[Install]
WantedBy=multi-user.target
HARDWAY-FILE
put /etc/kubernetes/config/kubelet.yaml 0600 root <<'HARDWAY-FILE'
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: 10.240.0.20
port: 10250
readOnlyPort: 0
healthzBindAddress: 127.0.0.1
healthzPort: 10248
authentication:
  anonymous:
    enabled: false
  webhook:
    enabled: true
  x509:
    clientCAFile: /var/lib/kubelet/ca.crt
authorization:
  mode: Webhook
rotateCertificates: true
serverTLSBootstrap: true
tlsMinVersion: VersionTLS12
tlsCipherSuites:
  - TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
  - TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
  - TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
streamingConnectionIdleTimeout: 4h
enableProfilingHandler: false
enableDebugFlagsHandler: false
clusterDomain: cluster.local
clusterDNS:
  - 10.32.0.10
resolvConf: /etc/kubernetes/config/resolv.conf
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
cgroupDriver: systemd
failCgroupV1: false
failSwapOn: false
memorySwap:
  swapBehavior: NoSwap
protectKernelDefaults: true
makeIPTablesUtilChains: true
seccompDefault: true
maxPods: 110
podPidsLimit: 4096
eventRecordQPS: 50
serializeImagePulls: false
maxParallelImagePulls: 4
systemReserved:
  cpu: 100m
  memory: 128Mi
  ephemeral-storage: 1Gi
kubeReserved:
  cpu: 100m
  memory: 256Mi
  ephemeral-storage: 1Gi
evictionHard:
  memory.available: 100Mi
  nodefs.available: 5%
  nodefs.inodesFree: 5%
  imagefs.available: 5%
shutdownGracePeriod: 30s
shutdownGracePeriodCriticalPods: 10s
HARDWAY-FILE
put /etc/kubernetes/config/kubelet.kubeconfig 0600 root <<'HARDWAY-FILE'
apiVersion: v1
kind: Config
clusters:
  - name: hardway-test
    cluster:
      server: https://203.0.113.99:6443
      certificate-authority: /var/lib/kubelet/ca.crt
users:
  - name: kubelet
    user:
      client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem
      client-key: /var/lib/kubelet/pki/kubelet-client-current.pem
contexts:
  - name: kubelet@hardway-test
    context:
      cluster: hardway-test
      user: kubelet
current-context: kubelet@hardway-test
HARDWAY-FILE
put /var/lib/kubelet/ca.crt 0600 root <<'HARDWAY-FILE'
CA kubernetes
HARDWAY-FILE
put /etc/systemd/system/kube-proxy.service 0644 root <<'HARDWAY-FILE'
[Unit]
Description=Kubernetes kube-proxy
Documentation=https://kubernetes.io/docs/reference/command-line-tools-reference/kube-proxy/
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
User=kube-proxy
ExecStart=/usr/local/bin/kube-proxy \
  --config=/etc/kubernetes/config/kube-proxy.yaml \
  --v=2
Restart=always
RestartSec=2
LimitNOFILE=65536
OOMScoreAdjust=-999
NoNewPrivileges=yes
CapabilityBoundingSet=CAP_NET_ADMIN
AmbientCapabilities=CAP_NET_ADMIN
PrivateUsers=no
ProtectSystem=strict
ProtectHome=yes
ProtectProc=invisible
ProcSubset=all
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
ExecPaths=/usr/sbin/nft
ExecPaths=/usr/lib
TemporaryFileSystem=/var/lib:ro
TemporaryFileSystem=/var/log:ro
BindReadOnlyPaths=/var/lib/kube-proxy
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_INET AF_NETLINK
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
put /etc/kubernetes/config/kube-proxy.yaml 0400 kube-proxy <<'HARDWAY-FILE'
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection:
  kubeconfig: /var/lib/kube-proxy/kubeconfig
hostnameOverride: worker-0
mode: nftables
clusterCIDR: 10.200.0.0/16
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
conntrack:
  maxPerCore: 0
  min: 0
  tcpEstablishedTimeout: 0s
  tcpCloseWaitTimeout: 0s
  udpTimeout: 0s
  udpStreamTimeout: 0s
oomScoreAdj: -999
HARDWAY-FILE
put /var/lib/kube-proxy/kubeconfig 0400 kube-proxy <<'HARDWAY-FILE'
apiVersion: v1
kind: Config
clusters:
  - name: hardway-test
    cluster:
      server: https://203.0.113.99:6443
      certificate-authority: /var/lib/kube-proxy/ca.crt
users:
  - name: system:kube-proxy
    user:
      client-certificate: /var/lib/kube-proxy/client.crt
      client-key: /var/lib/kube-proxy/client.key
contexts:
  - name: system:kube-proxy@hardway-test
    context:
      cluster: hardway-test
      user: system:kube-proxy
current-context: system:kube-proxy@hardway-test
HARDWAY-FILE
put /var/lib/kube-proxy/ca.crt 0644 root <<'HARDWAY-FILE'
CA kubernetes
HARDWAY-FILE
put /etc/systemd/system/hardway-pod-network.service 0644 root <<'HARDWAY-FILE'
[Unit]
Description=addresses of Pods outside of the network
Documentation=man:nft(8)
After=nftables.service
Before=kubelet.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft --file /etc/hardway/pod-network.nft
NoNewPrivileges=yes
CapabilityBoundingSet=CAP_NET_ADMIN
AmbientCapabilities=CAP_NET_ADMIN
PrivateUsers=no
ProtectSystem=strict
ProtectHome=yes
ProtectProc=invisible
ProcSubset=all
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
ExecPaths=/usr/sbin/nft
ExecPaths=/usr/lib
TemporaryFileSystem=/var/lib:ro
TemporaryFileSystem=/var/log:ro
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_INET AF_NETLINK
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
put /etc/hardway/pod-network.nft 0600 root <<'HARDWAY-FILE'
table ip hardway_pods
delete table ip hardway_pods
table ip hardway_pods {
  chain forward {
    type filter hook forward priority filter; policy accept;
    ip saddr 10.200.3.0/24 ip daddr 169.254.169.254 meta l4proto { tcp, udp } th dport 53 accept
    ip saddr 10.200.3.0/24 ip daddr 169.254.169.254 drop
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr 10.200.3.0/24 ip daddr != 10.200.0.0/16 ip daddr != 10.240.0.0/24 masquerade
  }
}
HARDWAY-FILE
put /etc/cni/net.d/10-hardway.conflist 0600 root <<'HARDWAY-FILE'
{
  "cniVersion": "1.0.0",
  "name": "hardway",
  "plugins": [
    {
      "type": "bridge",
      "bridge": "cni0",
      "mtu": 1460,
      "isGateway": true,
      "ipMasq": false,
      "hairpinMode": true,
      "ipam": {
        "type": "host-local",
        "ranges": [
          [
            {
              "subnet": "10.200.3.0/24"
            }
          ]
        ],
        "routes": [
          {
            "dst": "0.0.0.0/0"
          }
        ],
        "dataDir": "/run/cni/networks"
      }
    },
    {
      "type": "portmap",
      "capabilities": {
        "portMappings": true
      },
      "backend": "nftables"
    }
  ]
}
HARDWAY-FILE
put /etc/sysctl.d/90-hardway.conf 0644 root <<'HARDWAY-FILE'
net.ipv4.ip_forward = 1
net.bridge.bridge-nf-call-iptables = 1
vm.overcommit_memory = 1
vm.panic_on_oom = 0
kernel.panic = 10
kernel.panic_on_oops = 1
kernel.keys.root_maxkeys = 1000000
kernel.keys.root_maxbytes = 25000000
HARDWAY-FILE
put /etc/modules-load.d/hardway.conf 0644 root <<'HARDWAY-FILE'
overlay
br_netfilter
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
note_beginning
jobs=()
fetch_program kubernetes /opt/hardway/kubernetes-v1.37.0/kubelet https://mirror.example/kubernetes/v1.37.0/bin/linux/$ARCH/kubelet https://mirror.example/kubernetes/v1.37.0/bin/linux/$ARCH/kubelet.sha256 & jobs+=($!)
fetch_program kubernetes /opt/hardway/kubernetes-v1.37.0/kube-proxy https://mirror.example/kubernetes/v1.37.0/bin/linux/$ARCH/kube-proxy https://mirror.example/kubernetes/v1.37.0/bin/linux/$ARCH/kube-proxy.sha256 & jobs+=($!)
fetch_archive containerd /opt/hardway/containerd-v2.4.2 1 https://mirror.example/containerd/v2.4.2/containerd-2.4.2-linux-$ARCH.tar.gz https://mirror.example/containerd/v2.4.2/containerd-2.4.2-linux-$ARCH.tar.gz.sha256sum bin/containerd bin/containerd-shim-runc-v2 bin/ctr & jobs+=($!)
fetch_program runc /opt/hardway/runc-v1.5.0/runc https://mirror.example/runc/v1.5.0/runc.$ARCH https://mirror.example/runc/v1.5.0/runc.sha256sum & jobs+=($!)
fetch_archive cni /opt/hardway/cni-v1.10.0 1 https://mirror.example/cni/v1.10.0/cni-plugins-linux-$ARCH-v1.10.0.tgz https://mirror.example/cni/v1.10.0/cni-plugins-linux-$ARCH-v1.10.0.tgz.sha256 ./bridge ./host-local ./loopback ./portmap & jobs+=($!)
fetch_archive criTools /opt/hardway/cri-tools-v1.37.0 0 https://mirror.example/cri-tools/v1.37.0/crictl-v1.37.0-linux-$ARCH.tar.gz https://mirror.example/cri-tools/v1.37.0/crictl-v1.37.0-linux-$ARCH.tar.gz.sha256 crictl & jobs+=($!)
failed=0; for job in "${jobs[@]}"; do wait "$job" || failed=1; done; [ "$failed" = 0 ] || exit 1
link /opt/hardway/kubernetes-v1.37.0/kubelet /usr/local/bin/kubelet
link /opt/hardway/kubernetes-v1.37.0/kube-proxy /usr/local/bin/kube-proxy
link /opt/hardway/containerd-v2.4.2/containerd /usr/local/bin/containerd
link /opt/hardway/containerd-v2.4.2/containerd-shim-runc-v2 /usr/local/bin/containerd-shim-runc-v2
link /opt/hardway/containerd-v2.4.2/ctr /usr/local/bin/ctr
link /opt/hardway/runc-v1.5.0/runc /usr/local/bin/runc
link /opt/hardway/cni-v1.10.0/bridge /opt/cni/bin/bridge
link /opt/hardway/cni-v1.10.0/host-local /opt/cni/bin/host-local
link /opt/hardway/cni-v1.10.0/loopback /opt/cni/bin/loopback
link /opt/hardway/cni-v1.10.0/portmap /opt/cni/bin/portmap
link /opt/hardway/cri-tools-v1.37.0/crictl /usr/local/bin/crictl
put_secrets
check_leaves /var/lib/kube-proxy/ca.crt /var/lib/kube-proxy/client.crt
put_resolv_conf /etc/kubernetes/config/resolv.conf
skip_when_joined /var/lib/kubelet/pki/kubelet-client-current.pem /var/lib/kubelet/bootstrap.kubeconfig
check_kubelet_service() { kubelet_works http://127.0.0.1:10248/healthz /var/lib/kubelet/pki/kubelet-client-current.pem; }
check_containerd_service() { crictl --timeout 5s version; }
check_kube_proxy_service() { curl --fail --silent --show-error --max-time 5 http://127.0.0.1:10256/livez; }
check_hardway_pod_network_service() { nft list table ip hardway_pods; }
serves() { settled kubelet.service && check_kubelet_service >/dev/null 2>&1; }
prepare() {
true
need_kernel overlay grep -qw overlay /proc/filesystems
need_kernel br_netfilter test -e /proc/sys/net/bridge/bridge-nf-call-iptables
apply_sysctls /etc/sysctl.d/90-hardway.conf
install_package nftables /usr/sbin/nft
systemctl daemon-reload
systemctl enable --quiet --now hardway-drift.timer
}
note_units() {
true
changed kubelet.service /usr/local/bin/kubelet /etc/systemd/system/kubelet.service /etc/kubernetes/config/kubelet.yaml /etc/kubernetes/config/kubelet.kubeconfig /var/lib/kubelet/ca.crt
changed containerd.service /usr/local/bin/containerd /etc/systemd/system/containerd.service /etc/containerd/config.toml
changed kube-proxy.service /usr/local/bin/kube-proxy /etc/systemd/system/kube-proxy.service /etc/kubernetes/config/kube-proxy.yaml /var/lib/kube-proxy/kubeconfig /var/lib/kube-proxy/ca.crt
changed hardway-pod-network.service /etc/systemd/system/hardway-pod-network.service /etc/hardway/pod-network.nft
}
start_units() {
true
drop_ins kubelet.service | xargs --no-run-if-empty rm -r
drop_ins containerd.service | xargs --no-run-if-empty rm -r
drop_ins kube-proxy.service | xargs --no-run-if-empty rm -r
drop_ins hardway-pod-network.service | xargs --no-run-if-empty rm -r
systemctl daemon-reload
systemctl enable --quiet --no-reload kubelet.service containerd.service kube-proxy.service hardway-pod-network.service
SECONDS=0
restart_changed 240
jobs=()
healthy kubelet.service 180 check_kubelet_service & jobs+=($!)
healthy containerd.service 60 check_containerd_service & jobs+=($!)
healthy kube-proxy.service 240 check_kube_proxy_service & jobs+=($!)
healthy hardway-pod-network.service 60 check_hardway_pod_network_service & jobs+=($!)
failed=0; for job in "${jobs[@]}"; do wait "$job" || failed=1; done; [ "$failed" = 0 ] || exit 1
}
transact prepare note_units start_units
end_joining /var/lib/kubelet/bootstrap.kubeconfig
note_written kubelet.service containerd.service kube-proxy.service hardway-pod-network.service
}
main; exit
.
