const LETTERS = new Intl.Segmenter();
const PICTURE = /\p{Extended_Pictographic}|\p{Regional_Indicator}/u;

/** What a reader takes for letters: an accent, a flag or a family of emoji is not cut through. */
const lettersOf = (word: string): string[] => [...LETTERS.segment(word)].map(({ segment }) => segment);

/** Two letters for a place: "raj" → "RA", "Lena Öst" → "LÖ"; of emoji one, which is as wide. */
export function initials(name: string): string {
  const words = name.split(/[\s._-]+/).filter(Boolean);
  const letters = words.length > 1 ? words.slice(0, 2).map((word) => lettersOf(word)[0]) : lettersOf(words[0] ?? "?").slice(0, 2);
  return letters[0] && PICTURE.test(letters[0]) ? letters[0] : letters.join("").toLocaleUpperCase();
}

/** "xmpp:sam@example.org" → "sam@example.org". */
export const bare = (address: string): string => address.replace(/^[a-z]+:/, "");
