import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { listed, T, t } from "../../src/texts";
import { en } from "../../src/texts/en";
import { parse, plain } from "../../src/texts/message";

it.each(Object.entries(en))("%s can be read", (_, text) => {
  const all = plain(parse(text), new Proxy({}, { get: () => 3 }) as Record<string, number>);
  expect(all).not.toMatch(/[{}]|<\/?(b|q|code)>/);
});

describe("plurals", () => {
  it.each([
    [0, "Nobody was asked. Is it off?"],
    [1, "1 person was asked. Tell them it is off?"],
    [6, "6 people were asked. Tell them it is off?"],
  ])("%d asked", (n, text) => expect(t("card.cancel-sure", { n })).toBe(text));

  it("takes other values inside a form", () => {
    expect(t("composer.no-answer", { n: 1, names: "petra" })).toBe("The client of petra has not answered.");
  });
});

it("emphasis becomes elements, values stay text", () => {
  const markup = renderToStaticMarkup(<T of={["ask.asks-now", { name: "<b>mia</b>", about: "{x} & co" }]} />);
  expect(markup).toBe("<b>&lt;b&gt;mia&lt;/b&gt; asks you now:</b> {x} &amp; co");
});

it("a name from right to left stands alone, so that what is around it keeps its order", () => {
  expect(listed(["נעמה", "محمد", "raj"])).toBe("\u2068נעמה\u2069, \u2068محمد\u2069, and raj");
  expect(t("place.read", { name: "נעמה", state: "ready" })).toBe("\u2068נעמה\u2069, ready");
});

it("names are listed as one writes them", () => expect(listed(["raj", "kofi", "omar"])).toBe("raj, kofi, and omar"));
