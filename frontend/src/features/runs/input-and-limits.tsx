import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import type { RunDetail } from "@/api/schema";
import { Panel } from "@/components/page";
import { useTranslation } from "@/lib/i18n";
import { bytes, count, money } from "@/lib/numbers";
import { duration } from "@/lib/time";

type Document = { name: string; text: string };

export function InputAndLimits({ run }: { run: RunDetail }) {
  const { t } = useTranslation("runs");
  const fields = Object.entries((run.input ?? {}) as Record<string, unknown>);
  return (
    <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_22rem]">
      <Panel title={t("input.title")}>
        <dl className="grid gap-4">
          {fields.map(([name, value]) => (
            <div key={name} className="grid min-w-0 gap-1">
              <dt className="text-sm font-medium text-ink-soft first-letter:uppercase">{name.replaceAll("_", " ")}</dt>
              <dd className="min-w-0 wrap-anywhere"><Value value={value} /></dd>
            </div>
          ))}
          {fields.length === 0 && <p className="text-ink-faint">{t("input.none")}</p>}
        </dl>
      </Panel>
      <Panel title={t("limits.title")}><Limits run={run} /></Panel>
    </div>
  );
}

function Value({ value }: { value: unknown }): ReactNode {
  const { t } = useTranslation("runs");
  if (value === null || value === undefined || value === "") return t("input.none");
  if (typeof value === "boolean") return t(value ? "input.yes" : "input.no");
  if (Array.isArray(value) && value.length > 0 && value.every(isDocument)) {
    return <ul className="grid gap-1">{value.map((document, index) => <li key={index}><DocumentText document={document} /></li>)}</ul>;
  }
  if (Array.isArray(value) && value.every((item) => typeof item !== "object")) {
    return <ul>{value.map((item, index) => <li key={index}>{String(item)}</li>)}</ul>;
  }
  if (typeof value === "object") return <pre className="font-mono text-xs whitespace-pre-wrap">{JSON.stringify(value, null, 2)}</pre>;
  return <span className="whitespace-pre-wrap">{String(value)}</span>;
}

function DocumentText({ document }: { document: Document }) {
  const { t } = useTranslation("runs");
  const lines = document.text.split("\n").length;
  return (
    <details className="group rounded-md border border-line">
      <summary className="flex min-h-9 cursor-pointer flex-wrap items-center gap-x-3 px-3 py-1">
        <ChevronRight size={14} aria-hidden className="text-ink-faint transition-transform group-open:rotate-90" />
        <span className="font-medium">{document.name}</span>
        <span className="text-sm text-ink-faint">{t("input.lines", { count: lines })} · {bytes(new Blob([document.text]).size)}</span>
      </summary>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a box that scrolls must be reachable by keyboard */}
      <pre tabIndex={0} role="region" aria-label={document.name} className="max-h-96 overflow-auto border-t border-line p-3 font-mono text-xs leading-5 whitespace-pre-wrap wrap-anywhere">{document.text}</pre>
    </details>
  );
}

function isDocument(item: unknown): item is Document {
  return !!item && typeof item === "object" && typeof (item as Document).name === "string" && typeof (item as Document).text === "string";
}

function Limits({ run }: { run: RunDetail }) {
  const { t } = useTranslation("runs");
  const { limits } = run;
  const steps = run.steps.filter((step) => step.status === "completed").length;
  const rows: [string, number, number, (value: number) => string][] = [
    ["cost", run.cost, limits.cost, money],
    ["seconds", run.active_seconds ?? 0, limits.seconds, (seconds) => duration(seconds * 1000)],
    ["steps", steps, limits.steps, count],
    ["revisions", Math.max(0, (run.revision ?? 0) - 1), limits.revisions, count],
  ];
  return (
    <>
      <dl className="grid gap-3">
        {rows.map(([name, used, limit, words]) => (
          <div key={name} className="grid grid-cols-[1fr_auto] gap-x-3 gap-y-1">
            <dt>{t(`limits.${name}`)}</dt>
            <dd className="contents">
              <span className="text-right text-ink-soft tabular-nums">{t("limits.of", { used: words(used), limit: words(limit) })}</span>
              <span aria-hidden className="col-span-2 h-1 overflow-hidden rounded-full bg-sunken">
                <span className={used >= limit && limit > 0 ? "block h-full bg-warn" : "block h-full bg-accent"} style={{ width: `${limit ? Math.min(100, (used / limit) * 100) : 0}%` }} />
              </span>
            </dd>
          </div>
        ))}
      </dl>
      <p className="text-sm text-ink-faint">{t("limits.active")} {t("limits.people")}</p>
    </>
  );
}
