import { expect, it } from "vitest";
import { route } from "../../src/pages/router";

it.each([
  ["/", { page: "now" }],
  ["/people", { page: "people" }],
  ["/people/", { page: "people" }],
  ["/activities/Q7", { page: "activity", id: "Q7" }],
  ["/activities", { page: "nowhere" }],
  ["/nothing", { page: "nowhere" }],
])("%s", (path, wanted) => expect(route(path)).toEqual(wanted));
