import * as pulumi from "@pulumi/pulumi";

/** The controllers of the last update that this one has no place for. The etcd steps of the others end when they have left the cluster. */
export class Leaving {
  /** The steps after which all have left. Resolves at once, with none, when no controller leaves. */
  readonly ended: Promise<pulumi.Resource[]>;
  private resolve: (steps: pulumi.Resource[]) => void = () => {};

  /** `before`: the controllers of the last update. `count`: how many there are to be. */
  constructor(before: readonly unknown[], count: number) {
    this.ended = before.length > count ? new Promise((resolve) => (this.resolve = resolve)) : Promise.resolve([]);
  }

  endsWith(steps: pulumi.Resource[]): void {
    this.resolve(steps);
  }
}
