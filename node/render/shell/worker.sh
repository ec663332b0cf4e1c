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
