/** The part of a terminal's stream that is used here. */
export interface Terminal {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

/** What ends sooner needs no explanation. */
const QUIET_MS = 3_000;

/** Shows on a terminal which checks still wait and for what, a line each, and takes the lines away at the end. */
export class Progress {
  private readonly started = Date.now();
  private lines = 0;

  constructor(private readonly terminal: Terminal) {}

  /** `waiting`: what each check that has not passed saw last, by the check's name. */
  show(waiting: ReadonlyMap<string, string>): void {
    if (!this.terminal.isTTY || Date.now() - this.started < QUIET_MS) return;
    const seconds = Math.floor((Date.now() - this.started) / 1000);
    const width = (this.terminal.columns ?? 80) - 1;
    const lines = [
      `waiting, ${seconds} s so far:`,
      ...[...waiting].map(([name, seen]) => `  ${name}: ${seen.replace(/\s+/g, " ")}`),
    ];
    this.clear();
    this.terminal.write(lines.map((line) => `${line.slice(0, width)}\n`).join(""));
    this.lines = lines.length;
  }

  /** Takes away what `show` wrote: the cursor goes up to its first line, and the rest of the screen is cleared. */
  clear(): void {
    if (this.lines > 0) this.terminal.write(`\x1b[${this.lines}A\x1b[0J`);
    this.lines = 0;
  }
}
