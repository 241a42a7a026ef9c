/** Two letters for a place: "raj" → "RA", "Lena Öst" → "LÖ". */
export function initials(name: string): string {
  const words = name.split(/[\s._-]+/).filter(Boolean);
  const letters = words.length > 1 ? words.slice(0, 2).map((word) => [...word][0]) : [...(words[0] ?? "?")].slice(0, 2);
  return letters.join("").toLocaleUpperCase();
}

/** "xmpp:sam@example.org" → "sam@example.org". */
export const bare = (address: string): string => address.replace(/^[a-z]+:/, "");
