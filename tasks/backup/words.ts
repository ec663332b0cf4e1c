/** How backups are described on the terminal. */

/** The figures of a snapshot: `revision 1205, 354 keys, of 2026-11-28 09:30:00 UTC`. */
export const figures = ({ revision, keys, time }: { revision: number; keys: number; time: string }): string =>
  `revision ${revision}, ${keys} keys, of ${readable(time)}`;

/** 20261128T093000Z as 2026-11-28 09:30:00 UTC. */
const readable = (time: string) => time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3 $4:$5:$6 UTC");

export const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(1);
