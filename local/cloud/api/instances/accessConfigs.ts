/** Methods that add, remove and change the external address of an instance. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Instance, Path } from "../../state/model";
import { Cloud } from "../../engine/cloud";
import { conditionNotMet, invalid, notEmulated, notFound, required } from "../errors";
import { registerMethod } from "../kind";
import { check } from "../schema";
import { AccessConfigBody, InterfaceBody, refuseInterface } from "./body";
import { instances } from "./kind";
import { interfaceFingerprint } from "./render";
import { DEFAULT_ACCESS_CONFIG, externalAddress } from "./network";
import { link } from "../links";

function checkInterface(request: FastifyRequest): void {
  const { networkInterface } = request.query as { networkInterface?: string };
  if (!networkInterface) throw required("networkInterface");
  if (networkInterface !== "nic0") throw invalid("networkInterface", networkInterface, "The only interface is 'nic0'.");
}

function checkNamed(path: Path, instance: Instance, request: FastifyRequest): void {
  const { accessConfig } = request.query as { accessConfig?: string };
  if (!accessConfig) throw required("accessConfig");
  if (instance.nic.accessConfig?.name !== accessConfig) throw notFound(`${path}/nic0/${accessConfig}`);
}

export function accessConfigRoutes(app: FastifyInstance, cloud: Cloud): void {
  registerMethod(app, cloud, instances, "POST", "addAccessConfig", (draft, _path, instance, request) => {
    checkInterface(request);
    const wanted = check(AccessConfigBody, request.body);
    if (wanted.publicPtrDomainName) throw notEmulated("public PTR records");
    if (instance.nic.accessConfig) {
      throw invalid("resource", wanted.name ?? "", "At most one access config currently supported.");
    }
    instance.nic.accessConfig = {
      name: wanted.name || DEFAULT_ACCESS_CONFIG,
      natIP: externalAddress(draft, wanted, "resource.natIP"),
      networkTier: wanted.networkTier,
    };
  });

  registerMethod(app, cloud, instances, "POST", "deleteAccessConfig", (_draft, path, instance, request) => {
    checkInterface(request);
    checkNamed(path, instance, request);
    instance.nic.accessConfig = undefined;
  });

  registerMethod(app, cloud, instances, "POST", "updateAccessConfig", (_draft, path, instance, request) => {
    checkInterface(request);
    const wanted = check(AccessConfigBody, request.body);
    if (wanted.publicPtrDomainName) throw notEmulated("public PTR records");
    const present = instance.nic.accessConfig;
    if (!present) throw notFound(`${path}/nic0/${wanted.name ?? DEFAULT_ACCESS_CONFIG}`);
    if (wanted.natIP && wanted.natIP !== present.natIP) {
      throw invalid("resource.natIP", wanted.natIP, "Delete the access config and add one with the new address.");
    }
    present.networkTier = wanted.networkTier;
  });

  registerMethod(app, cloud, instances, "PATCH", "updateNetworkInterface", (_draft, _path, instance, request) => {
    checkInterface(request);
    const wanted = check(InterfaceBody, request.body);
    if (wanted.fingerprint !== interfaceFingerprint(instance)) throw conditionNotMet("Invalid fingerprint.");
    refuseInterface(wanted);
    const { nic } = instance;
    const moved =
      (wanted.networkIP && wanted.networkIP !== nic.networkIP) ||
      (wanted.subnetwork && !link(nic.subnetwork).endsWith(`/${wanted.subnetwork.replace(/^https?:\/\/[^/]+\//, "")}`));
    if (moved) throw notEmulated("moving an instance to another subnetwork or internal address");
  });
}
