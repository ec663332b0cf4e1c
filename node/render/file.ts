/** A file that a step puts on a machine. */
export interface MachineFile {
  path: string;
  content: string;
  /** Octal, for example "0644". */
  mode: string;
  /** User and group of the same name. */
  owner: string;
}

export const publicFile = (path: string, content: string): MachineFile => ({
  path,
  content,
  mode: "0644",
  owner: "root",
});

/** A file that only `owner` can read. Only root can change it. */
export const secretFile = (path: string, content: string, owner: string): MachineFile => ({
  path,
  content,
  mode: "0400",
  owner,
});
