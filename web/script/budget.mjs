// Fails if an entry of the built page weighs more (gzip) than the concept allows.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const STATIC = join(dirname(fileURLToPath(import.meta.url)), "../../src/quorate/server/static");
const KB = 1000;
const BUDGET = {
  "index.html": { js: 190 * KB, css: 8 * KB },
  "room.html": { js: 110 * KB, css: 8 * KB },
};

const weight = (paths) =>
  [...new Set(paths)].reduce((sum, path) => sum + gzipSync(readFileSync(join(STATIC, path))).length, 0);

let over = false;
for (const [page, budget] of Object.entries(BUDGET)) {
  const html = readFileSync(join(STATIC, page), "utf8");
  const linked = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map((match) => match[1]);
  for (const kind of ["js", "css"]) {
    const bytes = weight(linked.filter((path) => path.endsWith(`.${kind}`)));
    const verdict = bytes > budget[kind] ? "OVER" : "ok";
    over ||= bytes > budget[kind];
    console.log(`${page} ${kind}: ${(bytes / KB).toFixed(1)} of ${budget[kind] / KB} kB ${verdict}`);
  }
}
process.exitCode = over ? 1 : 0;
