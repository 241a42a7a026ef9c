import { describe, expect, it } from "vitest";
import CSS from "../../src/styles/tokens.css?raw";

function colours(block: string): Record<string, string> {
  return Object.fromEntries([...block.matchAll(/(--[\w-]+):\s*(#[0-9a-f]{6})/g)].map(([, name, value]) => [name, value]));
}

const [lightBlock = "", darkBlock = ""] = CSS.split("@media (prefers-color-scheme: dark)");
const light = colours(lightBlock);
const dark = { ...light, ...colours(darkBlock) };

/** Relative luminance, WCAG 2.2. */
function luminance(hex: string): number {
  const channel = (from: number) => {
    const part = parseInt(hex.slice(from, from + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const GROUNDS = ["--bg", "--surface", "--sunken"];
const TEXT: [string, string][] = [
  ...GROUNDS.flatMap((ground) =>
    ["--text", "--text-2", "--accent", "--yes", "--ring", "--no", "--quiet"].map((ink) => [ink, ground] as [string, string]),
  ),
  ["--on-accent", "--accent"],
  ["--on-accent", "--accent-hover"],
  ["--accent", "--accent-soft"],
  ["--yes", "--yes-soft"],
  ["--ring", "--ring-soft"],
  ["--no", "--no-soft"],
  ["--quiet", "--quiet-soft"],
  ["--text", "--quiet-soft"],
  ["--text", "--yes-soft"],
  ["--text", "--ring-soft"],
];
const CONTROLS: [string, string][] = GROUNDS.flatMap((ground) =>
  ["--line-strong", "--ring", "--yes", "--focus"].map((ink) => [ink, ground] as [string, string]),
);

describe.each([
  ["light", light],
  ["dark", dark],
])("%s", (_, scheme) => {
  it.each(TEXT)("%s on %s can be read (4.5)", (ink, ground) => {
    expect(contrast(scheme[ink]!, scheme[ground]!)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(CONTROLS)("%s on %s can be seen (3)", (ink, ground) => {
    expect(contrast(scheme[ink]!, scheme[ground]!)).toBeGreaterThanOrEqual(3);
  });
});
