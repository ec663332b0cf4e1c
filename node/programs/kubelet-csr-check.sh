#!/bin/bash
# Approves the serving certificates that kubelets ask for. A request is approved only when it is, byte for byte, what the kubelet of that
# machine asks for; every other one stays pending, for a person to look at, and one line in the journal says why.
# What a machine may be called comes from the ConfigMap $WORKERS, NAME: ADDRESS, which only administrators write.
# Others choose most of a request's fields. So they come here as hexadecimal numbers, and are compared as such: none is ever shown,
# and none is read by anything but openssl.
export LC_ALL=C
set -uo pipefail
shopt -s lastpipe

readonly SIGNER=kubernetes.io/kubelet-serving
# Bytes of a request.
readonly LARGEST=4096
# One line for each machine: its name in hexadecimal, its name, its address.
readonly MACHINE_LINE='{{range $name, $address := .data}}{{printf "%x %s %s\n" $name $name $address}}{{end}}'

# to_hex < BYTES
to_hex() { od -An -v -tx1 | tr -d ' \n'; }
hex() { printf %s "$1" | to_hex; }

# der TAG CONTENT: one element, all in hexadecimal
der() {
  local bytes=$((${#2} / 2)) length=%02x
  [ "$bytes" -lt 128 ] || length=81%02x
  [ "$bytes" -lt 256 ] || length=82%04x
  # shellcheck disable=SC2059
  printf "%s$length%s" "$1" "$bytes" "$2"
}

# attribute OID TEXT: a part of a subject, as Go encodes it (a PrintableString)
attribute() { der 31 "$(der 30 "$1$(der 13 "$(hex "$2")")")"; }

# address ADDRESS: the four bytes
# shellcheck disable=SC2046,SC2086
address() { printf %02x%02x%02x%02x ${1//./ }; }

# expected NAME SANS KEY: the part of a request that is signed, as kubelet makes it (RFC 2986, 5280)
expected() {
  local subject extension
  subject=$(der 30 "$(attribute 060355040a system:nodes)$(attribute 0603550403 "system:node:$1")")
  extension=$(der 30 "0603551d11$(der 04 "$(der 30 "$2")")")
  der 30 "020100$subject$3$(der a0 "$(der 30 "06092a864886f70d01090e$(der 31 "$(der 30 "$extension")")")")"
}

# key_of < REQUEST: its public key, if it is of a kind that kubelets may have
key_of() {
  local pem key bits
  pem=$(openssl req -noout -pubkey 2>/dev/null) || return 1
  key=$(openssl pkey -pubin -outform DER 2>/dev/null <<<"$pem" | to_hex)
  case "$key" in
    3059301306072a8648ce3d020106082a8648ce3d03010703420004*) ;; # ECDSA P-256
    3076301006072a8648ce3d020106052b8104002203620004*) ;;       # ECDSA P-384
    3082????300d06092a864886f70d0101010500*)                    # RSA
      bits=$(openssl pkey -pubin -noout -text 2>/dev/null <<<"$pem" | sed -n '1s/^.*Public-Key: (\([0-9]*\) bit)$/\1/p')
      [ "${bits:-0}" -ge 2048 ] || return 1
      ;;
    *) return 1 ;;
  esac
  printf %s "$key"
}

refuse() {
  reason="$*"
  return 1
}

# check_bytes NAME ADDRESS REQUEST: whether the request, base64 of PEM, is what the kubelet of the machine asks for
check_bytes() {
  local name="$1" request="$3" pem said key whole ip
  [[ "$request" =~ ^[A-Za-z0-9+/]+=*$ ]] || refuse "its request is empty or longer than $LARGEST bytes" || return 1
  pem=$(base64 --decode 2>/dev/null <<<"$request" | tr -d '\0')
  # What openssl has read and writes again must be all that was there: no second block, and nothing around the first.
  [ "$(openssl req -outform PEM 2>/dev/null <<<"$pem" | base64 --wrap 0)" = "$request" ] ||
    refuse "its request is not one PEM block and nothing else" || return 1
  said=$(openssl req -noout -verify 2>&1 <<<"$pem") && [[ "$said" =~ ^[A-Za-z\ -]*verify\ OK$ ]] ||
    refuse "its request is not signed with its own key" || return 1
  key=$(key_of <<<"$pem") || refuse "its key is not ECDSA P-256 or P-384, or RSA of at least 2048 bits" || return 1
  whole=$(openssl req -outform DER 2>/dev/null <<<"$pem" | to_hex)
  # Without the header of the outermost element.
  case "$whole" in
    3082*) whole="${whole:8}" ;;
    3081*) whole="${whole:6}" ;;
    *) whole="${whole:4}" ;;
  esac
  ip=$(der 87 "$(address "$2")")
  case "$whole" in
    "$(expected "$name" "$(der 82 "$(hex "$name")")$ip" "$key")"*) ;;
    "$(expected "$name" "$ip" "$key")"*) ;;
    *) refuse "subject, names or extensions are not exactly those of machine $name" ;;
  esac
}

# machine_of NAME-IN-HEX: NAME ADDRESS
machine_of() {
  local number name address
  kubectl get configmap "$WORKERS" --namespace kube-system --output "go-template=$MACHINE_LINE" 2>/dev/null |
    while read -r number name address; do
      if [ "$number" = "$1" ] && [[ "$name" =~ ^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$ ]] && is_address "$address"; then
        echo "$name $address"
      fi
    done
}

is_address() {
  local byte='(0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])'
  [[ "$1" =~ ^$byte\.$byte\.$byte\.$byte$ ]]
}

# judge SIGNER USER GROUPS USAGES REQUEST: succeeds when all is right, and says in $name whose request it is; else why not, in $reason
judge() {
  local prefix serving encipherment sorted address=
  name=
  [ "$1" = "$(hex "$SIGNER")" ] || refuse "its signer is another one" || return 1
  prefix=$(hex system:node:)
  [[ "$2" =~ ^"$prefix"([0-9a-f]+)$ ]] || refuse "its user is not a node" || return 1
  local number="${BASH_REMATCH[1]}"
  [[ ",$3" == *",$(hex system:nodes),"* ]] || refuse "its user is not in the group of the nodes" || return 1
  serving="$(hex "digital signature"),$(hex "server auth"),"
  encipherment="$(hex "digital signature"),$(hex "key encipherment"),$(hex "server auth"),"
  sorted=$(tr , '\n' <<<"${4%,}" | sort | tr '\n' ,)
  [ "$sorted" = "$serving" ] || [ "$sorted" = "$encipherment" ] || refuse "its usages are not those of a server" || return 1
  [ -n "$5" ] || refuse "its request is empty or longer than $LARGEST bytes" || return 1
  read -r name address <<<"$(machine_of "$number")"
  [ -n "$address" ] || refuse "its user is not a machine in the ConfigMap $WORKERS" || return 1
  check_bytes "$name" "$address" "$5" || return 1
  kubectl get --raw "/api/v1/nodes/$name" >/dev/null 2>&1 || refuse "there is no Node $name"
}
