/** Routes for what always exists: zones, regions, machine types, disk types. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { MachineType, machineType, machineTypes } from "../catalog/machineTypes";
import { regionOfZone, REGIONS, ZONES, zonesOf } from "../../../lib/regions";
import { Cloud } from "../engine/cloud";
import { notFound } from "./errors";
import { quotasOf } from "./restrictions/quotas";
import { idOfName } from "../state/ids";
import { CloudState } from "../state/model";
import { API, checkProject, placeOf, scopePattern } from "./kind";
import { locationLink } from "./links";
import { scopePath } from "../state/path";
import { aggregate, list } from "./listing";

const CREATED = "2014-05-30T18:35:16.514-07:00";

const params = (request: FastifyRequest) => request.params as { project: string; name: string };

function projectOf(request: FastifyRequest): string {
  const { project } = params(request);
  checkProject(project);
  return project;
}

function zone(project: string, name: string) {
  return {
    kind: "compute#zone",
    id: idOfName(name),
    creationTimestamp: CREATED,
    name,
    description: name,
    status: "UP",
    region: locationLink(project, "regions", regionOfZone(name)),
    selfLink: locationLink(project, "zones", name),
  };
}

function region(state: CloudState, project: string, name: string) {
  return {
    kind: "compute#region",
    id: idOfName(name),
    creationTimestamp: CREATED,
    name,
    description: name,
    status: "UP",
    zones: zonesOf(name)!.map((one) => locationLink(project, "zones", one)),
    quotas: quotasOf(state, project, name),
    selfLink: locationLink(project, "regions", name),
  };
}

function renderMachineType(project: string, location: string, type: MachineType) {
  return {
    kind: "compute#machineType",
    id: idOfName(type.name),
    creationTimestamp: CREATED,
    name: type.name,
    description: type.description,
    guestCpus: type.guestCpus,
    memoryMb: type.memoryMb,
    imageSpaceGb: 0,
    maximumPersistentDisks: 128,
    maximumPersistentDisksSizeGb: "263168",
    zone: location,
    isSharedCpu: type.isSharedCpu,
    architecture: type.architecture,
    selfLink: `${locationLink(project, "zones", location)}/machineTypes/${type.name}`,
  };
}

const DISK_TYPES = ["pd-standard", "pd-balanced", "pd-ssd", "pd-extreme", "hyperdisk-balanced"];
export const isDiskType = (name: string) => DISK_TYPES.includes(name);

function diskType(project: string, location: string, name: string) {
  return {
    kind: "compute#diskType",
    id: idOfName(name),
    creationTimestamp: CREATED,
    name,
    description: name,
    validDiskSize: "10GB-65536GB",
    defaultDiskSizeGb: "100",
    zone: locationLink(project, "zones", location),
    selfLink: `${locationLink(project, "zones", location)}/diskTypes/${name}`,
  };
}

export function catalogRoutes(app: FastifyInstance, cloud: Cloud): void {
  const project = `${API}/projects/:project`;

  app.get(`${project}/zones`, (request) => {
    const id = projectOf(request);
    const items = ZONES.map((name) => zone(id, name));
    return list("compute#zone", `projects/${id}/zones`, items, request.query);
  });
  app.get(`${project}/zones/:name`, (request) => {
    const id = projectOf(request);
    if (!ZONES.includes(params(request).name)) throw notFound(`projects/${id}/zones/${params(request).name}`);
    return zone(id, params(request).name);
  });
  app.get(`${project}/regions`, (request) => {
    const id = projectOf(request);
    const items = REGIONS.map((name) => region(cloud.store.state, id, name));
    return list("compute#region", `projects/${id}/regions`, items, request.query);
  });
  app.get(`${project}/regions/:name`, (request) => {
    const id = projectOf(request);
    if (!REGIONS.includes(params(request).name)) throw notFound(`projects/${id}/regions/${params(request).name}`);
    return region(cloud.store.state, id, params(request).name);
  });

  const zonal = scopePattern("zones");
  app.get(`${zonal}/machineTypes`, (request) => {
    const place = placeOf(request, "zones");
    const items = machineTypes().map((type) => renderMachineType(place.project, place.location!, type));
    return list("compute#machineType", `${scopePath(place)}/machineTypes`, items, request.query);
  });
  app.get(`${zonal}/machineTypes/:name`, (request) => {
    const place = placeOf(request, "zones");
    const type = machineType(params(request).name);
    if (!type) throw notFound(`${scopePath(place)}/machineTypes/${params(request).name}`);
    return renderMachineType(place.project, place.location!, type);
  });
  app.get(`${project}/aggregated/machineTypes`, (request) => {
    const id = projectOf(request);
    const items = ZONES.flatMap((name) => machineTypes().map((type) => renderMachineType(id, name, type)));
    return aggregate("compute#machineType", id, "machineTypes", "zones", items, request.query);
  });

  app.get(`${zonal}/diskTypes`, (request) => {
    const place = placeOf(request, "zones");
    const items = DISK_TYPES.map((name) => diskType(place.project, place.location!, name));
    return list("compute#diskType", `${scopePath(place)}/diskTypes`, items, request.query);
  });
  app.get(`${zonal}/diskTypes/:name`, (request) => {
    const place = placeOf(request, "zones");
    if (!isDiskType(params(request).name)) throw notFound(`${scopePath(place)}/diskTypes/${params(request).name}`);
    return diskType(place.project, place.location!, params(request).name);
  });
}
