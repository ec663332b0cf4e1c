/** Machines and network namespaces are root's to make, and the API answers root alone. */
export function requireRoot(command: string): void {
  if (process.getuid?.() === 0) return;
  throw new Error(
    `\`${command}\` needs root: the local cloud makes machines and network namespaces. Run it as root, or with sudo -E.`,
  );
}
