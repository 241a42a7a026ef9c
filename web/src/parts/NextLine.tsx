import type { Activity } from "../api/names";
import { at, countdown } from "../format/time";
import { T } from "../texts";

/** The one sentence that says what happens next, and when. */
export function NextLine({ activity, now }: { activity: Activity; now: number }) {
  const { next } = activity;
  if (!next) {
    return (
      <p className="sm">
        <T of={["card.next-none"]} />
      </p>
    );
  }
  const what = next.reason;
  return (
    <p className="sm">
      {next.at ? (
        <T of={["card.next-in", { in: countdown((at(next.at) - now) / 1000), what }]} />
      ) : (
        <T of={["card.next", { what }]} />
      )}
    </p>
  );
}
