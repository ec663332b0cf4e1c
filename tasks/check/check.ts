import { customEndpoint } from "../../lib/google";
import { capture } from "../../lib/process";
import { API_URL, hasHostLink } from "../../local";
import { TaskError } from "../error";
import { checkSettings, Stack } from "../stack";
import { Access, Finding, findings } from "./project";

/**
 * Asks Google, with the user's credentials, whether the project of a stack has what its first update needs, and prints it.
 * Changes nothing. Resolves with 1 when something is missing, and else with 0.
 */
export async function check(stack: Stack): Promise<number> {
  const settings = checkSettings(stack);
  if (!settings)
    throw new TaskError(
      `the settings of stack ${stack.name} are encrypted or in an environment; only the engine can read them`,
    );
  if (stack.local && !hasHostLink())
    throw new TaskError(`STACK=${stack.name} is not up, and neither is the local cloud; run make up first`);
  const access = await accessOf(stack);
  const found = await findings(access, settings);
  console.log(report(found));
  const missing = found.filter(({ state }) => state === "missing").length;
  const unclear = found.filter(({ state }) => state === "unknown").length;
  const rest = unclear > 0 ? `, ${unclear} not known` : "";
  console.log(
    `\nProject ${access.project} for stack ${stack.name}: ${missing === 0 ? "nothing is missing" : `${missing} missing`}${rest}.`,
  );
  return missing === 0 ? 0 : 1;
}

/** One line for each finding, in columns. */
export function report(found: Finding[]): string {
  const width = Math.max(...found.map(({ what }) => what.length));
  return found.map(({ what, state, seen }) => `${what.padEnd(width)}  ${state.padEnd(7)}  ${seen}`).join("\n");
}

/** Where the APIs are, and an access token. Throws a TaskError when there is none. */
export async function accessOf({ name, local, settings: { config } }: Stack): Promise<Access> {
  const setting = (key: string) => (typeof config[key] === "string" ? config[key] : undefined);
  const { GOOGLE_PROJECT, GOOGLE_CLOUD_PROJECT, GOOGLE_OAUTH_ACCESS_TOKEN } = process.env;
  const project = setting("gcp:project") ?? GOOGLE_PROJECT ?? GOOGLE_CLOUD_PROJECT;
  if (!project) throw new TaskError(`gcp:project must be set: pulumi config set gcp:project PROJECT -s ${name}`);
  const domain = setting("gcp:universeDomain") ?? "googleapis.com";
  return {
    project,
    token: setting("gcp:accessToken") ?? GOOGLE_OAUTH_ACCESS_TOKEN ?? (await tokenOfGcloud()),
    compute: customEndpoint(setting("gcp:computeCustomEndpoint")) ?? `https://compute.${domain}/compute/v1/`,
    resourceManager:
      setting("gcp:resourceManagerCustomEndpoint") ??
      (local ? `${API_URL}/v1/` : `https://cloudresourcemanager.${domain}/v1/`),
  };
}

/** An access token for the credentials with which `gcloud auth application-default login` left this computer. */
async function tokenOfGcloud(): Promise<string> {
  const wayOut = "run gcloud auth application-default login, or set GOOGLE_OAUTH_ACCESS_TOKEN";
  const args = ["auth", "application-default", "print-access-token"];
  const { code, stdout, stderr } = await capture("gcloud", args, { env: process.env }).catch((error: Error) => {
    throw new TaskError(
      `no credentials of Google Cloud, because gcloud does not run (${error.message}): install it and ${wayOut}`,
    );
  });
  if (code !== 0) throw new TaskError(`no credentials of Google Cloud: ${wayOut}. gcloud says: ${stderr.trim()}`);
  return stdout.trim();
}
