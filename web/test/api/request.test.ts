// @vitest-environment jsdom
import { afterEach, expect, test, vi } from "vitest";
import { Refusal, request } from "../../src/api/request";

afterEach(() => vi.unstubAllGlobals());

function answering(status: number, body: BodyInit | null): void {
  vi.stubGlobal("fetch", async () => new Response(body, { status }));
}

const brokenOff = () =>
  new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.error(new TypeError("Failed to fetch"));
    },
  });

test.each([200, 503])("a server that ends after its status %i has not answered", async (status) => {
  answering(status, brokenOff());
  const refusal = await request("/people").catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(Refusal);
  expect((refusal as Refusal).problem.status).toBe(0);
});

test("the answer is its JSON, and none for 204", async () => {
  answering(200, '[{"person":"bob"}]');
  expect(await request("/people")).toEqual([{ person: "bob" }]);
  answering(204, null);
  expect(await request("/people")).toBeUndefined();
});

test.each([
  ['{"title":"No such activity","detail":"There is no Q9.","status":404}', "There is no Q9."],
  ["<html>bad gateway</html>", ""],
])("a refusal says what the server said: %s", async (body, detail) => {
  answering(404, body);
  const refusal = await request("/activities/Q9").catch((error: unknown) => error);
  expect((refusal as Refusal).problem).toMatchObject({ status: 404, detail });
});
