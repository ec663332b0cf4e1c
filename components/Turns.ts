import * as pulumi from "@pulumi/pulumi";

/** A machine that serves already. */
export interface Serving {
  name: string;
  /** As the last update made it; undefined when an earlier version of this program did. */
  hardware?: string;
}

/**
 * Lets machines that serve already change their hardware one after the other: each waits for the last step of the one before
 * it. Machines that keep their hardware, new machines, and all of them at the first creation wait for nothing, so that a
 * machine that is broken never keeps the others from their steps.
 */
export class Turns {
  private readonly last = new Map<string, Promise<pulumi.Resource>>();
  private readonly resolve = new Map<string, (step: pulumi.Resource) => void>();

  /** `serving`: in the order in which they change. */
  constructor(private readonly serving: Serving[]) {
    for (const { name } of serving) this.last.set(name, new Promise((resolve) => void this.resolve.set(name, resolve)));
  }

  /** What the machine of this name waits for. Resolves once `ends` was called for the one before it. */
  async before(name: string, hardware: string): Promise<pulumi.Resource[]> {
    const place = this.serving.findIndex((machine) => machine.name === name);
    if (place < 1 || this.serving[place]!.hardware === hardware) return [];
    return [await this.last.get(this.serving[place - 1]!.name)!];
  }

  /** The machine of this name is healthy again when `step` is done. */
  ends(name: string, step: pulumi.Resource): void {
    this.resolve.get(name)?.(step);
  }
}
