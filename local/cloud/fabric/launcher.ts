/** The script that runs a machine, also while the daemon does not run. */

/**
 * Removes what a machine has made in its network namespace: links but the first, and nftables. Links that the kernel makes in each
 * namespace cannot be removed.
 */
const CLEAN_NETWORK = `nft flush ruleset
ip -brief link | while read -r link rest; do
  case "$link" in lo | eth0@*) ;; *) ip link delete "\${link%%@*}" 2>/dev/null || true ;; esac
done`;

/**
 * Mounts the disk's layers and runs nspawn. When the machine restarts itself, nspawn ends with status 133 and is run again.
 * The mounts end with the script's mount namespace. They have relative names, because the machine sees the names in its mount
 * table. For each boot, nspawn gets new control groups below the machine's, because in v2 only a group without groups
 * below it may contain processes.
 */
export const LAUNCHER = `set -e
directory=$1 image=$2 groups=$3 network=$4
shift 4
cd "$directory"
mount --bind "$image" lower
mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work disk root
cd /
join() { for group in $groups; do mkdir -p "$group/$1"; echo 0 > "$group/$1/cgroup.procs"; done; }
join launcher
status=133
while [ "$status" -eq 133 ]; do
  for group in $groups; do find "$group/boot" -depth -type d -exec rmdir {} \\; 2>/dev/null || true; done
  nsenter --net="$network" -- sh -c '${CLEAN_NETWORK}' || true
  status=0
  (join boot; exec systemd-nspawn "$@") || status=$?
done
exit "$status"`;
