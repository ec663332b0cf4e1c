import { z } from "zod";
import { bootDiskProblem, imageProblem } from "../lib/machineSeries";
import { diskType, image, json, machineType, zone } from "../settings/rules";

/** A group's name begins the names of its machines, which Google limits to 63 characters together with the cluster's (40 at most). */
const GROUP = /^[a-z]([-a-z0-9]{0,13}[a-z0-9])?$/;
const GROUP_RULE =
  "must have group names of 1 to 15 characters from a-z, 0-9 and -, which start with a letter and do not end with -";
/** Controllers have this name, with a number, in the same cluster. */
const TAKEN = "controller";

/** Workers of one group. The ranges allow no more than this many (slots.ts). */
const MOST_WORKERS = 250;

const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"] as const;

const labelValue = z.string({ error: "must be text" }).regex(LABEL_VALUE, "must be the value of a label");
const keys = { message: "must have keys of labels, for example example.com/disk", pattern: LABEL_KEY };

const labels = z
  .record(z.string(), labelValue, { error: "must map keys to values, for example {disk: ssd}" })
  .refine((map) => Object.keys(map).every((key) => keys.pattern.test(key)), keys.message);

const taint = z.strictObject({
  key: z.string().regex(LABEL_KEY, keys.message),
  value: labelValue.default(""),
  effect: z.enum(EFFECTS, { error: `must be ${EFFECTS.join(", ")}` }),
});

const group = z
  .strictObject(
    {
      count: z
        .number({ error: `must be a whole number from 0 to ${MOST_WORKERS}` })
        .int(`must be a whole number from 0 to ${MOST_WORKERS}`)
        .min(0, `must be a whole number from 0 to ${MOST_WORKERS}`)
        .max(MOST_WORKERS, `must be a whole number from 0 to ${MOST_WORKERS}`),
      machineType: machineType.default("e2-standard-2"),
      image: image.default("debian-cloud/debian-12"),
      diskSizeGb: z
        .number({ error: "must be a whole number from 10 to 65536 (GiB)" })
        .int("must be a whole number from 10 to 65536 (GiB)")
        .min(10, "must be a whole number from 10 to 65536 (GiB)")
        .max(65536, "must be a whole number from 10 to 65536 (GiB)")
        .default(50),
      diskType: diskType.default("pd-balanced"),
      zones: z.array(zone, { error: "must be a list, written as [first, second]" }).default([]),
      labels: labels.default({}),
      taints: z.array(taint, { error: "must be a list of {key, value, effect}" }).default([]),
    },
    { error: "must have count, and may have machineType, image, diskSizeGb, diskType, zones, labels and taints" },
  )
  .superRefine((g, context) => {
    const add = (path: string, message: string | undefined) =>
      message !== undefined && context.addIssue({ code: "custom", path: [path], message });
    add("diskType", bootDiskProblem(g.machineType, g.diskType));
    add("image", imageProblem(g.machineType, g.image));
  });

const NO_GROUPS = "must map names to groups, for example {worker: {count: 2}}";

/** Groups that one setting gives, as JSON. */
export const groups = json(NO_GROUPS)
  .pipe(z.record(z.string(), group, { error: () => NO_GROUPS }))
  .superRefine((map, context) => {
    for (const name of Object.keys(map)) {
      if (!GROUP.test(name)) context.addIssue({ code: "custom", path: [name], message: GROUP_RULE });
      if (name === TAKEN)
        context.addIssue({ code: "custom", path: [name], message: `must not be ${TAKEN}, as controllers are called` });
    }
  });

export type Group = z.infer<typeof group>;
export type Taint = z.infer<typeof taint>;
