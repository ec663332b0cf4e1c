#!/bin/bash
main() {
if read -r _ key _ 2>/dev/null </etc/ssh/ssh_host_ecdsa_key.pub; then
curl --silent --retry 5 --retry-connrefused --max-time 60 --header "Metadata-Flavor: Google" --request PUT --data-raw "$key" --output /dev/null http://metadata.google.internal/computeMetadata/v1/instance/guest-attributes/hostkeys/ecdsa-sha2-nistp256 &
fi
[ ! -e /opt/hardway ] || exit 0
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

jobs=()
fetch_archive etcd /opt/hardway/etcd-v3.7.0 1 https://mirror.example/etcd/v3.7.0/etcd-v3.7.0-linux-$ARCH.tar.gz https://mirror.example/etcd/v3.7.0/SHA256SUMS etcd-v3.7.0-linux-$ARCH/etcd etcd-v3.7.0-linux-$ARCH/etcdctl etcd-v3.7.0-linux-$ARCH/etcdutl & jobs+=($!)
fetch_program kubernetes /opt/hardway/kubernetes-v1.37.0/kube-apiserver https://mirror.example/kubernetes/v1.37.0/bin/linux/$ARCH/kube-apiserver https://mirror.example/kubernetes/v1.37.0/bin/linux/$ARCH/kube-apiserver.sha256 & jobs+=($!)
fetch_program kubernetes /opt/hardway/kubernetes-v1.37.0/kube-controller-manager https://mirror.example/kubernetes/v1.37.0/bin/linux/$ARCH/kube-controller-manager https://mirror.example/kubernetes/v1.37.0/bin/linux/$ARCH/kube-controller-manager.sha256 & jobs+=($!)
fetch_program kubernetes /opt/hardway/kubernetes-v1.37.0/kube-scheduler https://mirror.example/kubernetes/v1.37.0/bin/linux/$ARCH/kube-scheduler https://mirror.example/kubernetes/v1.37.0/bin/linux/$ARCH/kube-scheduler.sha256 & jobs+=($!)
fetch_program kubernetes /opt/hardway/kubernetes-v1.37.0/kubectl https://mirror.example/kubernetes/v1.37.0/bin/linux/$ARCH/kubectl https://mirror.example/kubernetes/v1.37.0/bin/linux/$ARCH/kubectl.sha256 & jobs+=($!)
failed=0; for job in "${jobs[@]}"; do wait "$job" || failed=1; done; [ "$failed" = 0 ] || exit 1
}
main; exit
