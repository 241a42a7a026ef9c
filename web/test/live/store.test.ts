import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { people } from "../../dev/story.mjs";
import { Store } from "../../src/live/store";

const NOW = Date.parse("2026-03-02T01:14:00Z");
const [raj] = people(NOW);
const busy = { ...raj!, availability: "busy" };
let answer: ((list: unknown) => void)[];

beforeEach(() => {
  answer = [];
  const later = () => new Promise((given) => answer.push((list) => given(new Response(JSON.stringify(list)))));
  vi.stubGlobal("fetch", vi.fn(later));
});
afterEach(() => vi.unstubAllGlobals());

const store = () => new Store(() => ({ addEventListener: () => undefined, close: () => undefined }));
const shown = (of: Store) => of.snapshot().people.get("raj")?.availability;

it("what is told while a list is on its way is newer than the list", async () => {
  const made = store();
  const fetching = made.fetch("people");
  made.told("person", busy);
  answer[0]!([raj]);
  await fetching;
  expect(shown(made)).toBe("busy");
});

it("what was told before a list was asked for is not newer", async () => {
  const made = store();
  made.told("person", busy);
  const fetching = made.fetch("people");
  answer[0]!([raj]);
  await fetching;
  expect(shown(made)).toBe(raj!.availability);
});

it("of two lists the one asked for last counts, in whatever order they come", async () => {
  const made = store();
  const both = [made.fetch("people"), made.fetch("people")];
  answer[1]!([busy]);
  answer[0]!([raj]);
  await Promise.all(both);
  expect(shown(made)).toBe("busy");
});
