import { z } from "zod";
import { fingerprint } from "../state/fingerprint";
import { Labels } from "../state/model";
import { conditionNotMet } from "./errors";
import { check, labels } from "./schema";

export const labelFingerprint = (of: Labels) => fingerprint(of);

/** The fields for labels in a resource's answer. */
export function renderLabels(of: Labels): object {
  return { ...(Object.keys(of).length > 0 && { labels: of }), labelFingerprint: labelFingerprint(of) };
}

const Body = z.strictObject({ labels: labels.optional(), labelFingerprint: z.string().optional() });

/** Carries out `setLabels` for any kind. The fingerprint must be that of the present labels. */
export function setLabels(resource: { labels: Labels }, body: unknown): void {
  const wanted = check(Body, body, "request");
  if (wanted.labelFingerprint !== labelFingerprint(resource.labels)) {
    throw conditionNotMet("Labels fingerprint either invalid or resource labels have changed");
  }
  resource.labels = wanted.labels ?? {};
}
