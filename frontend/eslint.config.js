import boundaries from "eslint-plugin-boundaries";
import i18next from "eslint-plugin-i18next";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

const anyOf = (...types) => types.map((type) => ({ to: { element: { type } } }));
const anyIndex = { to: { element: { type: "feature", fileInternalPath: "index.ts" } } };
const sameFeature = { to: { element: { type: "feature", captured: { feature: "{{from.element.captured.feature}}" } } } };

/** Imports run one way, `lib, api, components -> features -> app`; a feature meets another through its index alone. */
const directions = {
  default: "disallow",
  policies: [
    { from: { element: { type: "lib" } }, allow: anyOf("lib") },
    { from: { element: { type: "api" } }, allow: anyOf("api", "lib") },
    { from: { element: { type: "components" } }, allow: anyOf("components", "lib") },
    { from: { element: { type: "feature" } }, allow: [...anyOf("lib", "api", "components"), anyIndex, sameFeature] },
    { from: { element: { type: "app" } }, allow: [...anyOf("app", "lib", "api", "components"), anyIndex] },
  ],
};

export default tseslint.config(
  { ignores: ["dist", "src/api/schema.d.ts"] },
  ...tseslint.configs.recommended,
  hooks.configs.flat["recommended-latest"] ?? hooks.configs["recommended-latest"],
  a11y.flatConfigs.recommended,
  {
    files: ["src/**/*.{ts,tsx}"],
    plugins: { boundaries, i18next },
    settings: {
      "import/resolver": { typescript: true },
      "boundaries/elements": [
        { type: "lib", pattern: "src/lib" },
        { type: "api", pattern: "src/api" },
        { type: "components", pattern: "src/components" },
        { type: "feature", pattern: "src/features/*", capture: ["feature"] },
        { type: "app", pattern: "src/app" },
      ],
    },
    rules: {
      "boundaries/dependencies": ["error", directions],
      "boundaries/no-unknown-files": "error",
      "i18next/no-literal-string": ["error", { mode: "jsx-text-only" }],
      "jsx-a11y/no-autofocus": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
    },
  },
);
