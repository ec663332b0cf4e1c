import { z } from "zod";
import { fingerprint } from "../state/fingerprint";
import { Labels } from "../state/model";
import { conditionNotMet } from "./errors";
import { check, labels } from "./schema";

export const labelFingerprint = (of: Labels) => fingerprint(of);

/** The fields that a labelled resource answers with. */
export function renderLabels(of: Labels): object {
  return { ...(Object.keys(of).length > 0 && { labels: of }), labelFingerprint: labelFingerprint(of) };
}

const Body = z.strictObject({ labels: labels.optional(), labelFingerprint: z.string().optional() });

/** `setLabels`, the same for every kind: the caller must have seen the present labels. */
export function setLabels(resource: { labels: Labels }, body: unknown): void {
  const wanted = check(Body, body, "request");
  if (wanted.labelFingerprint !== labelFingerprint(resource.labels)) {
    throw conditionNotMet("Labels fingerprint either invalid or resource labels have changed");
  }
  resource.labels = wanted.labels ?? {};
}
