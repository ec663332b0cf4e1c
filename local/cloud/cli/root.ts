/** Machines and network namespaces are root's to make. */
export function requireRoot(command: string): void {
  if (process.getuid?.() === 0) return;
  throw new Error(
    `\`${command}\` makes machines and network namespaces and needs root: run it as root, or with sudo -E.`,
  );
}
