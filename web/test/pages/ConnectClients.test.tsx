// @vitest-environment jsdom
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { clients, streams } from "../../dev/story.mjs";
import type { ImClient } from "../../src/api/names";
import { StoreContext } from "../../src/live/hooks";
import { Store } from "../../src/live/store";
import { ConnectClients } from "../../src/pages/ConnectClients";

const REFUSED = { title: "no", status: 409, detail: "Gajim is being traced.", remedy: "End `gdb`, then try again." };
let root: Root;
let page: HTMLElement;
let listed: ImClient[];
let refused: boolean;
const posted = vi.fn();

let store: Store;

async function show(): Promise<void> {
  store = new Store(() => ({ addEventListener: () => undefined, close: () => undefined }));
  await act(async () => root.render(<StoreContext value={store}><ConnectClients /></StoreContext>));
}

const row = (title: string): HTMLElement => [...page.querySelectorAll("li")].find((li) => li.textContent?.includes(title))!;
const button = (title: string): HTMLButtonElement | undefined =>
  [...row(title).querySelectorAll("button")].find((each) => each.textContent === `Attach ${title}`);

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  listed = clients();
  refused = false;
  posted.mockReset();
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    if (init.method !== "POST") return new Response(JSON.stringify(listed));
    posted(path);
    if (refused) return new Response(JSON.stringify(REFUSED), { status: 409 });
    listed = listed.map((each) => (each.pid === 4242 ? { ...each, mode: "attach", command: null, one_click: false } : each));
    return new Response(JSON.stringify({ pid: 4242, name: "gajim", state: "live", reason: null, text: "" }));
  });
  page = document.body.appendChild(document.createElement("div"));
  root = createRoot(page);
});
afterEach(async () => {
  await act(async () => root.unmount());
  page.remove();
  vi.unstubAllGlobals();
});

it.each([
  ["Dino", "attached", null],
  ["Gajim", "not captured", "quorate attach 4242"],
  ["Psi", "being traced by process 99", "quorate run -- psi"],
  ["irssi", "does not read yet", null],
  ["profanity", "not running", "quorate run -- profanity"],
])("says of %s how it stands and what to type", async (title, words, command) => {
  await show();
  expect(row(title).textContent).toContain(words);
  expect(row(title).querySelector("code")?.textContent ?? null).toBe(command);
});

it("has a button only where one click is enough", async () => {
  await show();
  expect(["Dino", "Gajim", "Psi", "irssi", "profanity"].filter(button)).toEqual(["Gajim"]);
});

it("attaches with one click, and shows the client anew", async () => {
  await show();
  await act(async () => button("Gajim")!.click());
  expect(posted).toHaveBeenCalledExactlyOnceWith("/api/v1/clients/4242/attach");
  expect(row("Gajim").textContent).toContain("attached");
  expect(button("Gajim")).toBeUndefined();
});

it("looks again when a stream comes", async () => {
  await show();
  listed = listed.map((each) => ({ ...each, mode: "listener" }));
  await act(async () => store.told("stream", streams()[0]));
  expect(row("profanity").textContent).toContain("connects to Quorate");
});

it("says why it could not, in that row, and can be pressed again", async () => {
  refused = true;
  await show();
  await act(async () => button("Gajim")!.click());
  expect(row("Gajim").textContent).toContain("Gajim is being traced. End gdb, then try again.");
  expect([...row("Gajim").querySelectorAll("code")].at(-1)?.textContent).toBe("gdb");
  expect(button("Gajim")!.disabled).toBe(false);
});

it("is not there where no client is known", async () => {
  listed = [];
  await show();
  expect(page.textContent).toBe("");
});
