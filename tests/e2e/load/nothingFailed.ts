import type { Outcome } from "../../../load/load";

/**
 * What etcd answers for a write that a follower forwarded in the moment in which the leader handed over because it restarts. etcd
 * drops such a write, and kube-apiserver does not repeat it.
 */
export const HANDED_OVER = /etcdserver: (request timed out|leader changed)/;

/** Prints the figures, and expects that no client noticed anything but failures that match `allowed`. */
export function expectNothingFailed(outcome: Outcome, allowed?: RegExp): void {
  const { failures, lost, missed, disordered, watchErrors, figures } = outcome;
  console.log(figures);
  const unexpected = failures.filter((failure) => !allowed?.test(failure));
  expect({ failures: unexpected, lost, missed, disordered, watchErrors }).toEqual({
    failures: [],
    lost: [],
    missed: [],
    disordered: [],
    watchErrors: [],
  });
}
