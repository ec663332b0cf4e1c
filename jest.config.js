const transform = { "^.+\\.ts$": ["@swc/jest", { jsc: { parser: { syntax: "typescript" }, target: "es2022" } }] };
const common = {
  transform,
  testEnvironment: "node",
  moduleFileExtensions: ["ts", "js", "json"],
  roots: ["<rootDir>"],
  setupFilesAfterEnv: ["<rootDir>/tests/setup.js"],
};

/** @type {import("jest").Config} */
module.exports = {
  // jest leaves one processor free, which is half of two.
  maxWorkers: "100%",
  testSequencer: "<rootDir>/tests/sequencer.js",
  projects: [
    // No root, no Go, no network: two to three minutes on two processors.
    {
      ...common,
      displayName: "unit",
      testMatch: ["<rootDir>/tests/unit/**/*.test.ts", "<rootDir>/local/**/*.test.ts"],
    },
    // The real local stack: root, and the toolchain built.
    {
      ...common,
      displayName: "e2e",
      testMatch: ["<rootDir>/tests/e2e/**/*.test.ts"],
    },
  ],
};
