/** Refuses requests to a service that a project has not enabled, or for which the caller lacks a permission. */
import { CloudState } from "../../state/model";
import { idOfProject } from "../../state/ids";
import { ApiError } from "../errors";
import { permissionsOf } from "./permissions";
import { restrictionsOf } from "./restrictions";

const COMPUTE = /^\/compute\/v1\/(projects\/([^/?]+)[^?]*)/;
const RESOURCE_MANAGER = /^\/v1\/projects\/([^/?:]+):/;

/** Throws Google's error for a request that the project's restrictions do not allow. */
export function refuseRestricted(state: CloudState, method: string, url: string): void {
  const [, project] = RESOURCE_MANAGER.exec(url) ?? [];
  if (project) refuseDisabled(state, project, "cloudresourcemanager.googleapis.com", "Cloud Resource Manager API");
  const [, path, owner] = COMPUTE.exec(url) ?? [];
  if (!path || !owner) return;
  refuseDisabled(state, owner, "compute.googleapis.com", "Compute Engine API");
  const { deniedPermissions } = restrictionsOf(state, owner);
  if (deniedPermissions.length === 0) return;
  const missing = permissionsOf(method, path).find((permission) => deniedPermissions.includes(permission));
  if (missing) throw new ApiError(403, "forbidden", `Required '${missing}' permission for '${path}'`);
}

function refuseDisabled(state: CloudState, project: string, service: string, title: string): void {
  if (!restrictionsOf(state, project).disabledServices.includes(service)) return;
  const number = idOfProject(project);
  const url = `https://console.developers.google.com/apis/api/${service}/overview?project=${number}`;
  const message =
    `${title} has not been used in project ${number} before or it is disabled. Enable it by visiting ${url} then retry. If you ` +
    "enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.";
  throw new ApiError(
    403,
    "accessNotConfigured",
    message,
    [{ message, domain: "usageLimits", reason: "accessNotConfigured" }],
    {
      status: "PERMISSION_DENIED",
      details: [
        {
          "@type": "type.googleapis.com/google.rpc.Help",
          links: [{ description: "Google developers console API activation", url }],
        },
        {
          "@type": "type.googleapis.com/google.rpc.ErrorInfo",
          reason: "SERVICE_DISABLED",
          domain: "googleapis.com",
          metadata: { service, consumer: `projects/${number}` },
        },
      ],
    },
  );
}
