import type { Kind } from "../api/names";
import { t } from "../texts";
import { Icon } from "../ui/Icon";
import type { Sign } from "../ui/Sprite";

export const KIND_SIGNS: Record<Kind, Sign> = {
  chat: "chat",
  call: "phone",
  video: "video",
  board: "board",
  review: "file",
  link: "hook",
};

export function KindTag({ kind, className = "" }: { kind: Kind; className?: string }) {
  return (
    <span className={`tag ${className}`}>
      <Icon of={KIND_SIGNS[kind]} />
      {t(`kind.${kind}`)}
    </span>
  );
}
