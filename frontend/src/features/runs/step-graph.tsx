import { useTranslation } from "@/lib/i18n";
import { type DrawnNode, hasActed, type Loop, loops, nameOf } from "./graph";
import { StepCard } from "./step-card";
import { StepMark } from "./step-mark";

/** Where a row's mark sits below the row's top; edges meet there. */
const MARK = "1.5rem";

/** The workflow from top to bottom. Edges that go back run along the left, from the row that sends back to its target. */
export function StepGraph({ rows }: { rows: DrawnNode[] }) {
  const { t } = useTranslation("runs");
  const back = loops(rows);
  const lanes = `repeat(${back.length}, 0.625rem)`;
  return (
    <ol aria-label={t("graph.label")} className="grid" style={{ gridTemplateColumns: `${lanes} 1.75rem minmax(0, 1fr)` }}>
      {back.map((loop, lane) => <BackEdge key={`${loop.from}-${loop.to}`} loop={loop} lane={lane} lanes={back.length} />)}
      {rows.map((row, index) => (
        <li key={row.node.id} className="contents">
          <span aria-hidden className="relative flex justify-center pt-3" style={{ gridRow: index + 1, gridColumn: back.length + 1 }}>
            {index > 0 && <span className="absolute top-0 h-3 w-px bg-line" />}
            {index < rows.length - 1 && <span className="absolute top-9 bottom-0 w-px bg-line" />}
            <StepMark state={row.state} left={row.state === "completed" && hasActed(row)} />
          </span>
          <div className="min-w-0 pb-3 pl-2" style={{ gridRow: index + 1, gridColumn: back.length + 2 }}>
            <StepCard row={row} />
            {back.filter((loop) => loop.from === index).map((loop) => (
              <p key={loop.to} className="mt-1 text-xs text-ink-faint">
                {t(loop.why === "fail" ? "graph.back_fail" : "graph.back_changes", { node: nameOf(rows[loop.to]?.node, "") })}
                {loop.taken > 0 && <strong className="font-medium text-ink-soft"> · {t("graph.tries", { count: loop.taken })}</strong>}
              </p>
            ))}
          </div>
        </li>
      ))}
    </ol>
  );
}

function BackEdge({ loop, lane, lanes }: { loop: Loop; lane: number; lanes: number }) {
  return (
    <li aria-hidden role="presentation" className="relative" style={{
      gridRow: `${loop.to + 1} / ${loop.from + 1}`, gridColumn: `${lane + 1} / ${lanes + 2}`,
      marginTop: MARK, marginBottom: `calc(-1 * ${MARK})`,
    }}>
      <span className={`absolute inset-y-0 left-0.5 right-[1.55rem] rounded-l-md border border-r-0 ${loop.taken > 0 ? "border-accent" : "border-dashed border-edge"}`} />
      <svg className={`absolute -top-1 right-5 ${loop.taken > 0 ? "text-accent" : "text-edge"}`} width="8" height="8" viewBox="0 0 8 8">
        <path d="M0 0 L8 4 L0 8 Z" fill="currentColor" />
      </svg>
    </li>
  );
}
