// Looks at the built page in a real Chromium: pictures in both schemes and widths, axe, policy violations, sideways scroll.
//   npm run look [-- FOLDER]      CHROMIUM=/path/to/chromium
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { serve } from "./server.mjs";

const FOLDER = process.argv[2] ?? "test-results/look";
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SIZES = { desk: { width: 1280, height: 800 }, phone: { width: 390, height: 844 }, narrow: { width: 320, height: 640 } };
const FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

const type = (text) => async (page) => {
  await page.getByRole("combobox").fill(text);
  await page.waitForTimeout(400);
};

const VIEWS = [
  { name: "now", path: "/" },
  { name: "asked", path: "/", cookies: ["asked"] },
  { name: "compose", path: "/", act: type("any of @legal") },
  { name: "compose-times", path: "/", act: async (page) => { await type("any of @legal")(page); await page.getByText("Time, hours, others instead").click(); } },
  { name: "activity-times", path: "/activities/Q478" },
  { name: "activity-spare", path: "/activities/Q479" },
  { name: "refused", path: "/", act: type("any of @leagl") },
  { name: "unknown", path: "/", act: type("petra") },
  { name: "suggest", path: "/", act: async (page) => { await page.getByRole("combobox").pressSequentially("any of @"); await page.keyboard.press("ArrowDown"); await page.waitForTimeout(300); } },
  { name: "person", path: "/people", act: async (page) => page.getByText("kofi").first().click() },
  { name: "activity", path: "/activities/Q481" },
  { name: "activity-live", path: "/activities/Q480" },
  { name: "people", path: "/people" },
  { name: "streams", path: "/streams", act: async (page) => page.getByRole("button", { name: "Check now" }).click() },
  { name: "attach", path: "/streams", act: async (page) => { await page.getByRole("button", { name: "Attach Gajim" }).click(); await page.waitForTimeout(300); } },
  { name: "first", path: "/", cookies: ["first"] },
  { name: "many", path: "/", cookies: ["many"] },
  { name: "many-compose", path: "/", cookies: ["many"], act: type("p0 or p1") },
  { name: "many-person", path: "/people", cookies: ["many"], act: async (page) => page.getByText("Wolfe").first().click() },
  { name: "many-people", path: "/people", cookies: ["many"] },
  { name: "many-activity", path: "/activities/Q12001", cookies: ["many"] },
  { name: "keyless", path: "/", cookies: ["keyless"] },
  { name: "missing", path: "/activities/Q99999" },
  { name: "nowhere", path: "/nowhere" },
  { name: "history", path: "/history" },
  { name: "keys", path: "/", act: async (page) => page.keyboard.press("?") },
  { name: "menu", path: "/", act: async (page) => page.locator("header button").click() },
  { name: "lost", path: "/", cookies: ["silent"], act: async (page) => page.waitForTimeout(8000) },
  { name: "room-waiting", path: "/r/waiting" },
  { name: "room", path: "/r/open" },
  { name: "room-late", path: "/r/late" },
  { name: "room-ended", path: "/r/ended" },
  { name: "room-expired", path: "/r/expired" },
  { name: "room-dead", path: "/r/nothing" },
];

const only = process.argv[3]?.split(",");
const server = await serve();
const home = `http://127.0.0.1:${server.address().port}`;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
mkdirSync(FOLDER, { recursive: true });
let faults = 0;

const fault = (where, what) => {
  faults += 1;
  console.log(`${where}: ${what}`);
};

for (const colorScheme of ["light", "dark"]) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const view of VIEWS.filter(({ name }) => !only || only.includes(name))) {
      if ((size === "narrow" || colorScheme === "dark") && view.name === "lost") continue;
      await look(view, colorScheme, size, viewport);
    }
  }
}
await browser.close();
server.close();
server.closeAllConnections();
console.log(faults === 0 ? "nothing to complain about" : `${faults} faults`);
process.exitCode = faults === 0 ? 0 : 1;

async function look({ name, path, cookies = [], act }, colorScheme, size, viewport) {
  const where = `${name}-${size}-${colorScheme}`;
  const context = await browser.newContext({ viewport, colorScheme, reducedMotion: "reduce", bypassCSP: false });
  await context.addCookies(cookies.map((cookie) => ({ name: cookie, value: "1", url: home })));
  const page = await context.newPage();
  page.on("console", (message) => {
    const wanted = message.type() === "error" && !/status of (401|404|409|422)/.test(message.text());
    if (wanted) fault(where, message.text());
  });
  page.on("pageerror", (error) => fault(where, String(error)));
  await page.goto(home + path);
  await page.waitForSelector("h1");
  await page.waitForTimeout(250);
  await act?.(page);
  await page.waitForTimeout(100);
  await page.screenshot({ path: join(FOLDER, `${where}.png`) });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 0) fault(where, `scrolls sideways by ${wide} px`);
  if (size !== "narrow") await axe(page, where);
  await context.close();
}

async function axe(page, where) {
  // The library's focus guards are hidden on purpose: they pass the focus on at once.
  // evaluate() runs in the page without a script element, so the page's policy stays as it is.
  const violations = await page.evaluate(`(() => { const module = undefined, exports = undefined; ${AXE}; return axe.run({ exclude: ["[data-base-ui-focus-guard]"] }).then((r) => r.violations.map((v) => [v.id, v.nodes.length, v.nodes[0].html.slice(0, 200)])); })()`);
  for (const [id, count, html] of violations) fault(where, `axe ${id} ×${count} ${html}`);
}
