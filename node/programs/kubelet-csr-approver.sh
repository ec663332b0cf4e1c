# What the approver does with the requests that the API server shows it. The functions of kubelet-csr-check.sh come before this.

readonly REQUESTS=/apis/certificates.k8s.io/v1/certificatesigningrequests
# Characters of a request's base64.
readonly LARGEST_ENCODED=$(((LARGEST + 2) / 3 * 4))
# After this time, requests that were refused are looked at again: a machine may have got its entry or its Node since.
readonly ROUND_SECONDS=30
readonly PAUSE_SECONDS=5

# One line for each request: STATE UID VERSION =NAME =SIGNER =USER =GROUP,... =USAGE,... =REQUEST. The last is base64, the others after
# a = are hexadecimal.
readonly LINE='{{define "hex"}} ={{with .}}{{printf "%x" .}}{{end}}{{end}}{{define "list"}} ={{range .}}{{printf "%x," .}}{{end}}{{end}}'\
'{{$state := "pending"}}{{with .status}}{{if .conditions}}{{$state = "decided"}}{{end}}{{end}}{{$state}}'\
' {{.metadata.uid}} {{.metadata.resourceVersion}}{{template "hex" .metadata.name}}{{with .spec}}{{template "hex" .signerName}}'\
'{{template "hex" .username}}{{template "list" .groups}}{{template "list" .usages}}'\
" ={{with .request}}{{if le (len .) $LARGEST_ENCODED}}{{.}}{{end}}{{end}}{{end}}"'{{"\n"}}'

# approve REQUEST-NAME UID VERSION MACHINE. The API server refuses it when the request is not the one that was judged any more.
approve() {
  local said
  said=$(
    kubectl replace --raw "$REQUESTS/$1/approval" --filename - 2>&1 >/dev/null <<OBJECT
{"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest",
 "metadata": {"name": "$1", "uid": "$2", "resourceVersion": "$3"},
 "spec": {"signerName": "$SIGNER", "request": "", "usages": []},
 "status": {"conditions": [{"type": "Approved", "status": "True", "reason": "KubeletServing",
  "message": "$APPROVER: names and address are those of machine $4"}]}}
OBJECT
  ) && echo "hardway: $1 is approved: names and address are those of machine $4" && return
  # Another controller was faster, or somebody has deleted it.
  [[ "$said" == *Conflict* || "$said" == *"has been modified"* || "$said" == *NotFound* ]] || echo "hardway: $1 cannot be approved: $said" >&2
}

# handle STATE UID VERSION NAME SIGNER USER GROUPS USAGES REQUEST: what came as one line
handle() {
  local request name reason=
  [ "$1" = pending ] || return 0
  # shellcheck disable=SC2001
  request=$(printf %b "$(sed 's/../\\x&/g' <<<"${4#=}")" | tr -d '\0')
  if ! [[ "$request" =~ ^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$ && "$(hex "$request")" = "${4#=}" ]]; then
    request="a request with another name than kubelets give"
    reason="its name must have a-z, 0-9, - and . only"
  elif judge "${5#=}" "${6#=}" "${7#=}" "${8#=}" "${9#=}"; then
    approve "$request" "$2" "$3" "$name"
    return 0
  fi
  [ "${said[$2]-}" = "$reason" ] || [ "${now[$2]-}" = "$reason" ] || echo "hardway: $request stays pending: $reason"
  now[$2]="$reason"
}

# What was said of requests, by uid, at the last round and at this one: the same is not said again.
declare -A said=() now=()

# Looks at all requests, and then at each new one until the round ends. Fails when the API has ended it.
round() {
  local line
  now=()
  timeout "$ROUND_SECONDS" kubectl get certificatesigningrequests --watch --field-selector "spec.signerName=$SIGNER" \
    --output "go-template=$LINE" |
    while IFS=' ' read -r -a line; do [ "${#line[@]}" = 9 ] && handle "${line[@]}" </dev/null; done
  local ended="${PIPESTATUS[0]}"
  said=()
  for uid in "${!now[@]}"; do said[$uid]="${now[$uid]}"; done
  [ "$ended" = 124 ]
}

main() {
  # The step on the machine waits for this.
  until kubectl get --raw /readyz >/dev/null; do sleep 1; done
  : >"$RUNTIME_DIRECTORY/connected"
  while true; do round || sleep "$PAUSE_SECONDS"; done
}

# Tests read this file without running it.
[ "${BASH_SOURCE[0]}" != "$0" ] || main
