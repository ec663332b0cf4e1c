import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

import { FILES, imageDirectoryName, sourceOf } from "../../../../local/cloud/image/recipe";

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(directory, name)).isFile())
    .map((name) => `/${name}`);
}

it("lists every file in its directory once", () => {
  const listed = FILES.map(({ path }) => path);
  expect(listed.slice().sort()).toEqual(filesBelow(sourceOf("/")).sort());
});

it("makes exactly the files in command directories executable", () => {
  for (const { path, mode } of FILES)
    expect([path, (mode & 0o111) !== 0]).toEqual([path, /^\/usr\/(bin|libexec)\//.test(path)]);
});

it("names an image by its contents", () => {
  expect(imageDirectoryName()).toMatch(/^debian-12-[0-9a-f]{12}$/);
  expect(imageDirectoryName()).toBe(imageDirectoryName());
});
