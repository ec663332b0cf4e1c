import { users } from "../node/layout";

/**
 * Users and groups that every machine already has, so that the guest agent cannot make an SSH user with such a name.
 * Source: Debian's base-passwd, and the packages of systemd, OpenSSH and Google's images.
 */
const SYSTEM = `
  _apt _chrony adm audio avahi backup bin cdrom crontab daemon dialout dip disk fax floppy games gnats google-sudoers input irc kmem kvm list
  lp mail man messagebus netdev news nobody nogroup operator plugdev polkitd proxy render root sasl sgx shadow src sshd staff sudo sync sys
  syslog systemd-journal systemd-network systemd-resolve systemd-timesync tape tcpdump tty users utmp uucp uuidd video voice www-data`;

/** Those, and the users of this program's units. */
export const SYSTEM_USERS = new Set<string>([...SYSTEM.trim().split(/\s+/), ...Object.values(users)]);
