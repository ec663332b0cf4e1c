/** A file as it should be on the machine. */
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

/** A file that only `owner` can read, and not even it can change. */
export const secretFile = (path: string, content: string, owner: string): MachineFile => ({
  path,
  content,
  mode: "0400",
  owner,
});
