import { expect, it } from "vitest";
import { bare, initials } from "../../src/format/name";

it.each([
  ["raj", "RA"],
  ["Lena Öst", "LÖ"],
  ["x", "X"],
  ["", "?"],
  ["anna.b", "AB"],
  ["👩‍👩‍👧 Die Müllers", "👩‍👩‍👧"],
  ["🇳🇿🇩🇪", "🇳🇿"],
  ["e\u0302\u0301llie", "E\u0302\u0301L"],
  ["נעמה בן־דוד", "נב"],
  ["李小龍", "李小"],
])("%s is drawn as %s", (name, letters) => expect(initials(name)).toBe(letters));

it("shows an address without its scheme", () => expect(bare("xmpp:sam@example.org")).toBe("sam@example.org"));
