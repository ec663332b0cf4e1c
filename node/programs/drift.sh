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
