// @vitest-environment jsdom
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Stream } from "../../src/api/names";
import { StoreContext } from "../../src/live/hooks";
import { Store } from "../../src/live/store";
import { StreamRow } from "../../src/parts/StreamRow";

const WHY = "Quorate made a mistake on this stream.";
const NOW = Date.parse("2026-01-01T00:01:00Z");
let root: Root;
let page: HTMLElement;

async function said(state: Stream["state"], reason_text: string | null): Promise<string> {
  const store = new Store(() => ({ addEventListener: () => undefined, close: () => undefined }));
  const stream = {
    id: "s-1",
    account: "xmpp:alice@example.org",
    network: "xmpp",
    mode: "listener",
    client: "profanity",
    server: "example.org",
    state,
    since: "2026-01-01T00:00:00Z",
    contacts: 3,
    companion: false,
    reason: reason_text && "internal-error",
    reason_text,
  } as Stream;
  await act(async () => root.render(<StoreContext value={store}><StreamRow stream={stream} now={NOW} /></StoreContext>));
  return page.textContent ?? "";
}

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  page = document.body.appendChild(document.createElement("div"));
  root = createRoot(page);
});
afterEach(async () => {
  await act(async () => root.unmount());
  page.remove();
  vi.unstubAllGlobals();
});

it.each([
  ["frozen", `Reads on, adds nothing: ${WHY}`],
  ["blind", `Forwards only: ${WHY}`],
  ["ended", `ended 1 min ago · ${WHY}`],
  ["negotiating", WHY],
  ["live", WHY],
] as const)("says what a stream that is %s does less, and why", async (state, words) => {
  expect(await said(state, WHY)).toContain(words);
});

it("says nothing of a stream all is well with", async () => {
  expect(await said("live", null)).not.toContain(WHY);
});
