import type { WhyNode } from "../api/names";
import { t } from "../texts";
import { Icon } from "../ui/Icon";
import type { Sign } from "../ui/Sprite";
import { EvidenceTable } from "./EvidenceTable";
import css from "./WhyTree.module.css";

const MARKS: Record<WhyNode["mark"], [Sign, string]> = {
  met: ["check", "yes"],
  not: ["x", "no"],
  unknown: ["question", "quiet"],
  "not-needed": ["dash", "quiet"],
};

/** The requirement with what made each part of it so. */
export function WhyTree({ root, since }: { root: WhyNode; since: number }) {
  return (
    <ul className={css.tree}>
      <Node node={root} since={since} />
    </ul>
  );
}

function Node({ node, since }: { node: WhyNode; since: number }) {
  const [sign, tone] = MARKS[node.mark];
  return (
    <li>
      <div className={css.node}>
        <Icon of={sign} className={tone} />
        <span className="vh">{t(`why.${node.mark}`)}:</span>
        <span>
          {node.children.length > 0 ? <b>{node.text}</b> : node.text}
          <span className={`muted xs ${css.says}`}> {node.says}</span>
        </span>
      </div>
      {node.trace.length > 0 && (
        <details className={css.evidence}>
          <summary className="xs muted">{t("evidence.show", { n: node.trace.length })}</summary>
          <EvidenceTable caption={t("why.caption", { text: node.text })} trace={node.trace} since={since} />
        </details>
      )}
      {node.children.length > 0 && (
        <ul>
          {node.children.map((child, index) => (
            <Node key={index} node={child} since={since} />
          ))}
        </ul>
      )}
    </li>
  );
}
