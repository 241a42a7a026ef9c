import { defineConfig } from "vitest/config";

// Local times in the tests are those of this zone on every machine.
process.env.TZ = "Europe/Berlin";

export default defineConfig({
  test: { include: ["test/**/*.test.{ts,tsx}"], environment: "node", testTimeout: 5000, css: true },
});
