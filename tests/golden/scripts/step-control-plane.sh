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

begin_step control-plane
jobs=()
fetch_binary /opt/hardway/kubernetes-v1.37.0 https://mirror.example/kubernetes/v1.37.0 kube-apiserver & jobs+=($!)
fetch_binary /opt/hardway/kubernetes-v1.37.0 https://mirror.example/kubernetes/v1.37.0 kube-controller-manager & jobs+=($!)
fetch_binary /opt/hardway/kubernetes-v1.37.0 https://mirror.example/kubernetes/v1.37.0 kube-scheduler & jobs+=($!)
fetch_binary /opt/hardway/kubernetes-v1.37.0 https://mirror.example/kubernetes/v1.37.0 kubectl & jobs+=($!)
failed=0; for job in "${jobs[@]}"; do wait "$job" || failed=1; done; [ "$failed" = 0 ] || exit 1
link /opt/hardway/kubernetes-v1.37.0/kube-apiserver /usr/local/bin/kube-apiserver
link /opt/hardway/kubernetes-v1.37.0/kube-controller-manager /usr/local/bin/kube-controller-manager
link /opt/hardway/kubernetes-v1.37.0/kube-scheduler /usr/local/bin/kube-scheduler
link /opt/hardway/kubernetes-v1.37.0/kubectl /usr/local/bin/kubectl
put /etc/sysusers.d/hardway-control-plane.conf 0644 root <<'HARDWAY-FILE'
u kube-apiserver - "hardway kube-apiserver" /nonexistent /usr/sbin/nologin
u kube-controller-manager - "hardway kube-controller-manager" /nonexistent /usr/sbin/nologin
u kube-scheduler - "hardway kube-scheduler" /nonexistent /usr/sbin/nologin
u health-proxy - "hardway health-proxy" /nonexistent /usr/sbin/nologin
HARDWAY-FILE
systemd-sysusers /etc/sysusers.d/hardway-control-plane.conf >"$work/sysusers" 2>&1 || fail "no users made: $(cat "$work/sysusers")"
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
  --etcd-servers=https://10.240.0.11:2379,https://10.240.0.10:2379,https://10.240.0.12:2379 \
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
  --shutdown-delay-duration=10s \
  --shutdown-send-retry-after=true \
  --profiling=false \
  --v=2
Restart=always
RestartSec=2
TimeoutStartSec=infinity
TimeoutStopSec=75
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
put_secrets
apply_sysctls /etc/sysctl.d/90-hardway.conf
install_package nginx-light /usr/sbin/nginx
check_kube_apiserver_service() { curl --fail --silent --show-error --max-time 5 --cacert /var/lib/kubernetes/pki/ca.crt --cert /var/lib/kubernetes/pki/health-client.crt --key /var/lib/kubernetes/pki/health-client.key https://127.0.0.1:6443/readyz; }
check_kube_controller_manager_service() { curl --fail --silent --show-error --max-time 5 --cacert /var/lib/kubernetes/pki/ca.crt https://127.0.0.1:10257/healthz; }
check_kube_scheduler_service() { curl --fail --silent --show-error --max-time 5 --cacert /var/lib/kubernetes/pki/ca.crt https://127.0.0.1:10259/healthz; }
check_nginx_service() { curl --fail --silent --show-error --max-time 5 --header Host:kubernetes.default.svc.cluster.local http://127.0.0.1:80/healthz; }
systemctl daemon-reload
systemctl enable --quiet --no-reload kube-apiserver.service kube-controller-manager.service kube-scheduler.service nginx.service
changed kube-apiserver.service /usr/local/bin/kube-apiserver /etc/systemd/system/kube-apiserver.service /etc/kubernetes/config/admission.yaml /etc/kubernetes/config/audit-policy.yaml /var/lib/kubernetes/encryption-config.yaml /var/lib/kubernetes/pki/ca.crt /var/lib/kubernetes/pki/etcd-ca.crt /var/lib/kubernetes/pki/front-proxy-ca.crt /var/lib/kubernetes/pki/service-account.pub /var/lib/kubernetes/pki/service-account.key /var/lib/kubernetes/pki/apiserver.crt /var/lib/kubernetes/pki/apiserver.key /var/lib/kubernetes/pki/apiserver-etcd-client.crt /var/lib/kubernetes/pki/apiserver-etcd-client.key /var/lib/kubernetes/pki/apiserver-kubelet-client.crt /var/lib/kubernetes/pki/apiserver-kubelet-client.key /var/lib/kubernetes/pki/front-proxy-client.crt /var/lib/kubernetes/pki/front-proxy-client.key
changed kube-controller-manager.service /usr/local/bin/kube-controller-manager /etc/systemd/system/kube-controller-manager.service /var/lib/kubernetes/pki/ca.crt /var/lib/kubernetes/pki/front-proxy-ca.crt /var/lib/kubernetes/kube-controller-manager.kubeconfig /var/lib/kubernetes/pki/ca.key /var/lib/kubernetes/pki/service-account-controller-manager.key /var/lib/kubernetes/pki/controller-manager.crt /var/lib/kubernetes/pki/controller-manager.key
changed kube-scheduler.service /usr/local/bin/kube-scheduler /etc/systemd/system/kube-scheduler.service /var/lib/kubernetes/pki/ca.crt /var/lib/kubernetes/pki/front-proxy-ca.crt /etc/kubernetes/config/kube-scheduler.yaml /var/lib/kubernetes/kube-scheduler.kubeconfig /var/lib/kubernetes/pki/scheduler.crt /var/lib/kubernetes/pki/scheduler.key
changed nginx.service /etc/systemd/system/nginx.service /etc/nginx/health-proxy.conf /var/lib/kubernetes/pki/ca.crt /var/lib/kubernetes/pki/health-client.crt /var/lib/kubernetes/pki/health-client.key
SECONDS=0
restart_changed 240
jobs=()
healthy kube-apiserver.service 180 check_kube_apiserver_service & jobs+=($!)
healthy kube-controller-manager.service 240 check_kube_controller_manager_service & jobs+=($!)
healthy kube-scheduler.service 240 check_kube_scheduler_service & jobs+=($!)
healthy nginx.service 240 check_nginx_service & jobs+=($!)
failed=0; for job in "${jobs[@]}"; do wait "$job" || failed=1; done; [ "$failed" = 0 ] || exit 1
}
main; exit
.
