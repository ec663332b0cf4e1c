import type { ControllerOutput } from "../../outputs";

/** The controllers of a stack that runs, as its outputs have them. */
export const HARDWARE = "e2-standard-2, debian-cloud/debian-12, pd-ssd of 50 GiB";

const controller = (i: number): ControllerOutput => ({
  name: `controller-${i}`,
  hardware: HARDWARE,
  instance: `hardway-test-controller-${i}`,
  instanceId: String(i),
  zone: `europe-west1-${"bcd"[i]}`,
  internalIp: `10.240.0.${10 + i}`,
  externalIp: `203.0.113.${10 + i}`,
});
export const controllers = [0, 1, 2].map(controller);
