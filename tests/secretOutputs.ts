import type { StackOutputs } from "../outputs";

/** The outputs that are secrets. A stack that reads any other one gets a plain value. */
export const SECRET_OUTPUTS = ["backupKey", "kubeconfig", "ssh"] satisfies (keyof StackOutputs)[];
