import { ArrowDown, ArrowUp } from "lucide-react";
import { useMemo, useRef } from "react";
import type { RequestDetail } from "@/api/schema";
import { IconButton } from "@/components/button";
import { Select } from "@/components/field";
import { cx } from "@/lib/cx";
import { useTranslation } from "@/lib/i18n";
import { useUrlState } from "@/lib/url-state";
import type { Earlier } from "../use-earlier";
import { blocksOf } from "./blocks";
import { compare, type Comparison } from "./compare";
import { RawDraft } from "./raw-draft";
import { RenderedDraft } from "./rendered-draft";

const NOW = "now";

type Props = { request: RequestDetail; earlier: Earlier[]; looked?: number };

/** What people judge: the draft, as it reads, or as it is written; and what has changed since an earlier one. */
export function DraftPanel({ request, earlier, looked }: Props) {
  const { t } = useTranslation("review");
  const { draft, format } = request.shown;
  const [view, setView] = useUrlState("view", format === "markdown" ? "read" : "raw");
  const [since, setSince] = useUrlState("since", String(earlier.find((each) => each.revision === looked)?.revision ?? earlier[0]?.revision ?? NOW));
  const base = earlier.find((each) => String(each.revision) === since);
  const comparison = useMemo(() => (base && format === "markdown" ? compare(base.text, draft) : undefined), [base, draft, format]);
  const plain = useMemo<Comparison["blocks"]>(
    () => (format === "markdown" ? blocksOf(draft).map((block) => ({ block, change: "same" })) : []), [draft, format]);
  const box = useRef<HTMLDivElement>(null);
  const raw = view === "raw" || format !== "markdown";
  return (
    <section aria-label={t("draft.title")} className="min-w-0 rounded-md border border-line bg-raised">
      <header className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-1.5">
        {earlier.length > 0 && (
          <Select aria-label={t("draft.compare")} value={base ? since : NOW} onChange={(event) => setSince(event.target.value)} className="h-8 w-auto max-w-full">
            <option value={NOW}>{t("draft.as_it_is")}</option>
            {earlier.map((each) => (
              <option key={each.revision} value={each.revision}>
                {t(each.revision === looked ? "draft.since_looked" : "draft.since", { n: each.revision })}
              </option>
            ))}
          </Select>
        )}
        {comparison && <Changes comparison={comparison} differ={base?.text !== draft} box={box} raw={raw} />}
        {format === "markdown" && (
          <div role="group" aria-label={t("draft.view")} className="ml-auto flex">
            {(["read", "raw"] as const).map((each) => (
              <button key={each} type="button" aria-pressed={(view === "raw") === (each === "raw")} onClick={() => setView(each)}
                className={cx("h-8 rounded-md px-2.5 text-sm", (view === "raw") === (each === "raw") ? "bg-sunken font-medium text-ink" : "text-ink-soft hover:text-ink")}>
                {t(`draft.${each}`)}
              </button>
            ))}
          </div>
        )}
      </header>
      <div ref={box} className="min-w-0 px-4 py-5 md:px-8 md:py-6">
        {draft === "" ? <p className="text-ink-soft">{t("draft.empty")}</p>
          : raw ? <RawDraft text={draft} before={base?.text} />
          : <RenderedDraft blocks={comparison?.blocks ?? plain} comparing={comparison !== undefined} />}
      </div>
    </section>
  );
}

type ChangesProps = { comparison: Comparison; differ: boolean; box: React.RefObject<HTMLDivElement | null>; raw: boolean };

function Changes({ comparison, differ, box, raw }: ChangesProps) {
  const { t } = useTranslation("review");
  const go = (step: 1 | -1) => {
    const marks = [...(box.current?.querySelectorAll<HTMLElement>(raw ? "ins, del" : "[data-change]") ?? [])];
    const at = marks.indexOf(document.activeElement as HTMLElement);
    const mark = marks[(at + step + marks.length) % marks.length] ?? marks[0];
    if (!mark) return;
    mark.tabIndex = -1;
    mark.focus({ preventScroll: true });
    mark.scrollIntoView({ block: "center" });
  };
  const only = comparison.changes === 0 && differ;
  const words = only ? t("draft.formatting")
    : [t("draft.changes", { count: comparison.changes }), comparison.form && t("draft.and_formatting")].filter(Boolean).join(" · ");
  return (
    <span className="inline-flex items-center gap-1 text-sm text-ink-soft">
      <span role="status">{words}</span>
      <IconButton label={t("draft.next_change")} disabled={comparison.changes === 0} onClick={() => go(1)}><ArrowDown size={14} aria-hidden /></IconButton>
      <IconButton label={t("draft.previous_change")} disabled={comparison.changes === 0} onClick={() => go(-1)}><ArrowUp size={14} aria-hidden /></IconButton>
    </span>
  );
}
