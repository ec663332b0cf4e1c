import { bootDiskProblem, imageProblem } from "../../../lib/machineSeries";

test.each([
  ["e2-standard-2", "pd-ssd"],
  ["n2-custom-2-4096", "pd-balanced"],
  ["custom-2-4096", "pd-standard"],
  ["c3-standard-4", "hyperdisk-balanced"],
  ["c3-standard-4", "pd-ssd"],
  ["n4-standard-2", "hyperdisk-balanced"],
  ["z9-standard-2", "hyperdisk-new"],
])("%s boots from %s", (machine, disk) => expect(bootDiskProblem(machine, disk)).toBeUndefined());

test.each<[string, string, RegExp]>([
  ["n4-standard-2", "pd-balanced", /must be a Hyperdisk.*series n4/],
  ["c4a-highmem-4", "pd-ssd", /must be a Hyperdisk.*series c4a/],
  ["e2-small", "hyperdisk-balanced", /must be a Persistent Disk.*series e2/],
  ["custom-2-4096", "hyperdisk-balanced", /must be a Persistent Disk/],
  ["n2-standard-2", "hyperdisk-balanced", /must not be hyperdisk-balanced.*series n2/],
  ["c3-standard-4", "pd-standard", /must not be pd-standard.*series c3/],
  ["c3-standard-4", "hyperdisk-throughput", /can boot from/],
])("%s does not boot from %s", (machine, disk, expected) => expect(bootDiskProblem(machine, disk)).toMatch(expected));

test.each([
  ["t2a-standard-2", "debian-cloud/debian-12-arm64"],
  ["e2-standard-2", "ubuntu-os-cloud/ubuntu-2404-lts-amd64"],
  ["t2a-standard-2", "my-project/my-family"],
])("%s takes the image %s", (machine, image) => expect(imageProblem(machine, image)).toBeUndefined());

test.each<[string, string, RegExp]>([
  ["t2a-standard-2", "debian-cloud/debian-12", /must be an image for arm64/],
  ["e2-standard-2", "debian-cloud/debian-12-arm64", /must be an image for amd64/],
])("%s does not take the image %s", (machine, image, expected) =>
  expect(imageProblem(machine, image)).toMatch(expected),
);
