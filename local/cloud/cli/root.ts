/** Throws unless this process is root's. Only root can make machines and network namespaces, and use the API. */
export function requireRoot(command: string): void {
  if (process.getuid?.() === 0) return;
  throw new Error(
    `\`${command}\` needs root: the local cloud makes machines and network namespaces. Run it as root, or with sudo -E.`,
  );
}
