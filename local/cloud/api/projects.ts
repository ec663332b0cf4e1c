import type { FastifyInstance } from "fastify";
import { operate } from "./operate";
import { Cloud } from "../engine/cloud";
import { conditionNotMet } from "./errors";
import { API, placeOf } from "./kind";
import { link } from "./links";
import { metadataFingerprint, parseMetadata, renderMetadata } from "./metadata";
import { quotasOf } from "./restrictions/quotas";
import { idOfProject } from "../state/ids";

/** Routes for projects. Every project exists. */
export function projectRoutes(app: FastifyInstance, cloud: Cloud): void {
  const url = `${API}/projects/:project`;
  const items = (project: string) => cloud.store.state.projects[project]?.metadata ?? [];

  app.get(url, (request) => {
    const { project } = placeOf(request, "global");
    return {
      kind: "compute#project",
      id: idOfProject(project),
      creationTimestamp: "2026-01-01T00:00:00.000+00:00",
      name: project,
      commonInstanceMetadata: renderMetadata(items(project)),
      defaultNetworkTier: "PREMIUM",
      quotas: quotasOf(cloud.store.state, project),
      xpnProjectStatus: "UNSPECIFIED_XPN_PROJECT_STATUS",
      vmDnsSetting: "ZONAL_ONLY",
      selfLink: link(`projects/${project}`),
    };
  });

  app.post(`${url}/setCommonInstanceMetadata`, (request) => {
    const place = placeOf(request, "global");
    const target = `projects/${place.project}`;
    return operate(cloud, request, place, "setMetadata", target, (draft) => {
      const wanted = parseMetadata(request.body);
      const present = draft.projects[place.project]?.metadata ?? [];
      if (wanted.fingerprint !== metadataFingerprint(present)) {
        throw conditionNotMet("Supplied fingerprint does not match current metadata fingerprint.");
      }
      draft.projects[place.project] = { ...draft.projects[place.project], metadata: wanted.items };
      return idOfProject(place.project);
    });
  });
}
