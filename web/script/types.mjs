// Writes src/api/types.ts from the server's OpenAPI document; with --check only says whether it is fresh.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
const TARGET = join(ROOT, "web/src/api/types.ts");
const HEAD = "// Generated from the OpenAPI document by `npm run types`; do not edit.\n";

const venv = join(ROOT, ".venv/bin/python");
const python = process.env.PYTHON ?? (existsSync(venv) ? venv : "python3");
const document = execFileSync(python, ["-m", "quorate.server.openapi"], {
  env: { ...process.env, PYTHONPATH: join(ROOT, "src") },
  maxBuffer: 16 * 1024 * 1024,
});
const fresh = HEAD + astToString(await openapiTS(JSON.parse(document), { alphabetize: true }));

if (!process.argv.includes("--check")) {
  writeFileSync(TARGET, fresh);
} else if (!existsSync(TARGET) || readFileSync(TARGET, "utf8") !== fresh) {
  console.error("web/src/api/types.ts is not what the server offers. Run `npm run types` in web/ and commit it.");
  process.exitCode = 1;
}
