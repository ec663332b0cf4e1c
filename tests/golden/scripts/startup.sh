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

jobs=()
fetch_archive /opt/hardway/etcd-v3.7.0 https://mirror.example/etcd/v3.7.0 etcd-v3.7.0 etcd etcdctl etcdutl & jobs+=($!)
fetch_binary /opt/hardway/kubernetes-v1.37.0 https://mirror.example/kubernetes/v1.37.0 kube-apiserver & jobs+=($!)
fetch_binary /opt/hardway/kubernetes-v1.37.0 https://mirror.example/kubernetes/v1.37.0 kube-controller-manager & jobs+=($!)
fetch_binary /opt/hardway/kubernetes-v1.37.0 https://mirror.example/kubernetes/v1.37.0 kube-scheduler & jobs+=($!)
fetch_binary /opt/hardway/kubernetes-v1.37.0 https://mirror.example/kubernetes/v1.37.0 kubectl & jobs+=($!)
failed=0; for job in "${jobs[@]}"; do wait "$job" || failed=1; done; [ "$failed" = 0 ] || exit 1
}
main; exit
