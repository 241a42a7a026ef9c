// Serves the built page with its real policy and a stand-in for the API that tells the story. Never part of the build.
//   node dev/server.mjs [PORT]      /r/waiting /r/open /r/late /r/ended … and asked=1, first=1, many=1, silent=1, keyless=1 as cookies
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { accept } from "./socket.mjs";
import * as story from "./story.mjs";

const STATIC = join(dirname(fileURLToPath(import.meta.url)), "../../src/quorate/server/static");
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'";
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const BEAT_MS = 3000;

const variant = (request, name) => new RegExp(`\\b${name}=1`).test(request.headers.cookie ?? "");

function json(response, data, status = 200) {
  response.writeHead(status, { "Content-Type": status < 400 ? "application/json" : "application/problem+json" });
  response.end(JSON.stringify(data));
}

const problem = (status, detail, extra = {}) => ({ type: "about:blank", title: detail, status, detail, remedy: null, column: null, suggestion: null, ...extra });

async function bodyOf(request) {
  let text = "";
  for await (const part of request) text += part;
  return text ? JSON.parse(text) : {};
}

function events(request, response) {
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  const beat = (name) => response.write(`event: ${name}\ndata: ${JSON.stringify({ now: new Date().toISOString() })}\n\n`);
  beat("hello");
  if (variant(request, "silent")) return;
  const timer = setInterval(() => beat("heartbeat"), BEAT_MS);
  request.on("close", () => clearInterval(timer));
}

const READS = {
  "/people": (first, _, many) => (first ? [] : many ? story.manyPeople() : story.people()),
  "/activities": (first, _, many) => (first ? [] : many ? story.manyActivities() : story.activities()),
  "/streams": (first) => (first ? [] : story.streams()),
  "/asks": (_, asked) => (asked ? story.asks() : []),
  "/me": () => story.me(),
  "/connection": () => story.connection(),
  "/clients": () => story.clients(),
  "/doctor": () => story.doctor(),
};

async function api(request, response, path) {
  if (variant(request, "keyless")) return json(response, problem(401, "The token or the session is missing or wrong."), 401);
  if (path === "/events") return events(request, response);
  const room = /^\/rooms\/([^/]+)(\/answer)?$/.exec(path);
  if (room) {
    const view = story.room(room[2] ? "open" : room[1]);
    return view ? json(response, view) : json(response, problem(404, "This link does not work."), 404);
  }
  if (path === "/check") return checked(response, await bodyOf(request));
  if (path.endsWith("/explain")) return json(response, story.explanation());
  const one = [...story.activities(), ...story.manyActivities()].find((activity) => path.startsWith(`/activities/${activity.id}`));
  if (one) return json(response, one);
  if (request.method === "POST" && path.startsWith("/asks/")) {
    const { answer } = await bodyOf(request);
    const states = { yes: "accepted", no: "declined", later: "later" };
    return json(response, { ...story.asks()[0], state: states[answer] ?? "asked" });
  }
  if (path.endsWith("/attach")) return json(response, problem(409, "Gajim (process 4242) is not running any more.", { remedy: "Start it by `quorate run`." }), 409);
  const read = READS[path];
  return read ? json(response, read(variant(request, "first"), variant(request, "asked"), variant(request, "many"))) : json(response, problem(404, "Not here."), 404);
}

function checked(response, question) {
  const answer = story.check(question);
  if (answer.column === undefined) return json(response, answer);
  return json(response, problem(422, "there is no group “@leagl”.", { column: answer.column, suggestion: "@legal" }), 422);
}

function page(response, path) {
  const file = path.startsWith("/assets/") ? path : path.startsWith("/r/") ? "/room.html" : "/index.html";
  const full = join(STATIC, file);
  if (!existsSync(full)) return response.writeHead(404).end();
  response.writeHead(200, { "Content-Type": TYPES[extname(full)] ?? "text/plain", "Content-Security-Policy": CSP });
  response.end(readFileSync(full));
}

export function serve(port = 0) {
  const server = createServer((request, response) => {
    const path = new URL(request.url, "http://localhost").pathname;
    if (path.startsWith("/api/v1")) void api(request, response, path.slice("/api/v1".length));
    else page(response, path);
  });
  server.on("upgrade", (request, socket) => {
    const token = request.url.split("/")[4];
    let id = 100;
    const send = accept(request, socket, (text) => {
      const said = JSON.parse(text);
      if (said.type === "say") {
        id += 1;
        send(JSON.stringify({ type: "line", id, at: new Date().toISOString(), name: "sam", you: true, text: said.text, only_you: false }));
      }
    });
    send(JSON.stringify(story.room(token)));
  });
  return new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve(server)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await serve(Number(process.argv[2] ?? 0));
  console.log(`http://127.0.0.1:${server.address().port}/`);
}
