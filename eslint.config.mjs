import eslint from "@eslint/js";
import { createNodeResolver, importX } from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";

/** Which part of the repository may import which, from the bottom up. ESLint refuses every other import between them. */
const MAY_IMPORT = {
  lib: [],
  "outputs.ts": [],
  node: ["lib"],
  settings: ["lib", "node", "outputs.ts"],
  "config.ts": ["lib", "outputs.ts", "settings"],
  components: ["lib", "node"],
  "index.ts": ["components", "config.ts", "lib", "node", "outputs.ts"],
  workers: ["components", "lib", "node", "outputs.ts", "settings"],
  local: ["lib"],
  verify: ["lib", "node", "outputs.ts"],
  tasks: [
    "config.ts",
    "index.ts",
    "lib",
    "local/index.ts",
    "node",
    "outputs.ts",
    "settings",
    "verify",
    "workers/outputs.ts",
  ],
  load: ["lib", "outputs.ts", "verify"],
  bench: ["lib", "load", "local/index.ts", "node", "outputs.ts", "tasks", "verify"],
  // It stands for a program in another repository, which has the contract and nothing else.
  "examples/tenant": ["outputs.ts"],
};

const zones = Object.entries(MAY_IMPORT).map(([target, allowed]) => ({
  target: `./${target}`,
  from: "./",
  except: [target, ...allowed, "node_modules"].map((path) => `./${path}`),
  message: `${target} may import ${allowed.join(", ") || "nothing of the program"}. See MAY_IMPORT in eslint.config.mjs.`,
}));

/** Files that users of the program run. They may import only `dependencies`, because users do not install the other packages. */
const PRODUCT = [
  "index.ts",
  "config.ts",
  "outputs.ts",
  "components/**",
  "node/**",
  "settings/**",
  "workers/**",
  "examples/**",
];

export default tseslint.config(
  { ignores: ["node_modules/", "coverage/"] },
  eslint.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { "import-x": importX },
    settings: {
      "import-x/resolver-next": [createNodeResolver({ extensions: [".ts", ".js", ".json"] })],
      "import-x/parsers": { "@typescript-eslint/parser": [".ts"] },
    },
    rules: {
      "import-x/no-restricted-paths": ["error", { basePath: import.meta.dirname, zones }],
      "import-x/no-cycle": "error",
      "import-x/no-self-import": "error",
      "import-x/no-extraneous-dependencies": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-import-type-side-effects": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      eqeqeq: "error",
    },
  },
  {
    files: PRODUCT,
    rules: { "import-x/no-extraneous-dependencies": ["error", { devDependencies: false }] },
  },
  {
    // The API's JSON answers have too many shapes to declare. Each test asserts the shape that it expects.
    files: ["tests/unit/cloud/**/*.ts"],
    rules: {
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
    },
  },
  {
    files: ["**/*.js"],
    languageOptions: { globals: { module: "writable", require: "readonly", __dirname: "readonly", jest: "readonly" } },
  },
);
