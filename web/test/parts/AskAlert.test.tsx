// @vitest-environment jsdom
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { asks } from "../../dev/story.mjs";
import { StoreContext } from "../../src/live/hooks";
import { Store } from "../../src/live/store";
import { AskAlert } from "../../src/parts/AskAlert";

const [ask] = asks();
let root: Root;
let page: HTMLElement;
const posted = vi.fn();

async function show(): Promise<HTMLElement> {
  const store = new Store(() => ({ addEventListener: () => undefined, close: () => undefined }));
  await act(async () => root.render(<StoreContext value={store}><AskAlert ask={ask!} now={Date.now()} /></StoreContext>));
  return page.querySelector<HTMLElement>("[data-alert]")!;
}

const press = (on: Element, key: string) =>
  act(async () => void on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })));

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  vi.useFakeTimers();
  posted.mockReset();
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    posted(path, JSON.parse(String(init.body)));
    return new Response(JSON.stringify({ ...ask, state: "accepted" }));
  });
  page = document.body.appendChild(document.createElement("div"));
  root = createRoot(page);
});
afterEach(async () => {
  await act(async () => root.unmount());
  page.remove();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it.each([
  ["Enter", { answer: "yes" }],
  ["Escape", { answer: "no" }],
  ["5", { answer: "later", delay_s: 300 }],
])("%s answers while the focus is in the alert", async (key, answer) => {
  const alert = await show();
  expect(document.activeElement).toBe(alert);
  vi.advanceTimersByTime(501);
  await press(alert, key);
  expect(posted).toHaveBeenCalledExactlyOnceWith("/api/v1/asks/Q77-1/answer", answer);
});

it("hears no key in its first half second", async () => {
  const alert = await show();
  await press(alert, "Enter");
  expect(posted).not.toHaveBeenCalled();
});

it("takes no focus from a field, and then hears no key and draws no key caps", async () => {
  const field = document.createElement("input");
  page.before(field);
  field.focus();
  const alert = await show();
  vi.advanceTimersByTime(501);
  await press(field, "Enter");
  expect(document.activeElement).toBe(field);
  expect(alert.querySelector("kbd")).toBeNull();
  expect(posted).not.toHaveBeenCalled();
  field.remove();
});

it("has a button for a conflict of interest", async () => {
  const alert = await show();
  const button = [...alert.querySelectorAll("button")].find((b) => b.textContent === "Conflict of interest");
  await act(async () => button!.click());
  expect(posted).toHaveBeenCalledExactlyOnceWith("/api/v1/asks/Q77-1/answer", { answer: "conflict" });
});
