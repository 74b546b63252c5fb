import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import { $api } from "@/api/client";
import type { RunStory } from "@/api/run-events";
import type { Event, RunDetail } from "@/api/schema";
import { Checkbox } from "@/components/field";
import { Failed, Skeleton } from "@/components/states";
import { useTranslation } from "@/lib/i18n";
import { exact } from "@/lib/time";
import { useUrlState } from "@/lib/url-state";
import { told } from "./event-words";

const EVENTS = "/api/v1/tenants/{slug}/runs/{id}/events/";
const HEIGHT = 34;
const after = {
  pageParamName: "after", initialPageParam: 0,
  getNextPageParam: (page: { next?: string | null }) => (page.next ? Number(new URL(page.next, location.origin).searchParams.get("after")) : null),
};

/** Everything that happened, oldest first. Only the rows in sight are drawn; later pages come as one scrolls to them. */
export function EventLog({ slug, run, story }: { slug: string; run: RunDetail; story: RunStory }) {
  const { t } = useTranslation("runs");
  const [texts, setTexts] = useUrlState("texts");
  const pages = $api.useInfiniteQuery("get", EVENTS, { params: { path: { slug, id: run.id }, query: { page_size: 200 } } }, after);
  const all = pages.data?.pages.flatMap((page) => page.results) ?? [];
  const rows = texts ? all : all.filter((event) => event.kind !== "text");
  const { hasNextPage, isFetching, fetchNextPage, refetch } = pages;
  const newest = story.events.at(-1)?.seq ?? 0;
  const last = all.at(-1)?.seq ?? 0;
  useEffect(() => {
    if (isFetching) return;
    if (hasNextPage && rows.length < 50) void fetchNextPage();
    else if (!hasNextPage && newest > last) void refetch();
  }, [fetchNextPage, hasNextPage, isFetching, last, newest, refetch, rows.length]);

  if (pages.isPending) return <Skeleton rows={10} />;
  if (pages.error && !pages.data) return <Failed error={pages.error} retry={() => void refetch()} />;
  return (
    <div className="grid gap-3">
      <Checkbox label={t("events.texts")} checked={!!texts} onChange={(event) => setTexts(event.target.checked ? "1" : "")} />
      {rows.length === 0 ? <p className="text-ink-faint">{t("events.none")}</p>
        : <Rows rows={rows} onEnd={() => { if (hasNextPage && !isFetching) void fetchNextPage(); }} />}
    </div>
  );
}

const COLUMNS = "grid grid-cols-[3rem_minmax(7rem,11rem)_minmax(5rem,8rem)_minmax(8rem,1fr)] md:grid-cols-[3.5rem_12rem_9rem_minmax(8rem,1fr)_12rem] gap-x-3 px-4";

function Rows({ rows, onEnd }: { rows: Event[]; onEnd: () => void }) {
  const { t } = useTranslation("runs");
  const box = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- the compiler is not in use
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => HEIGHT, overscan: 12 });
  const shown = virtual.getVirtualItems();
  const lastShown = shown.at(-1)?.index ?? 0;
  useEffect(() => { if (lastShown >= rows.length - 20) onEnd(); });
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a box that scrolls must be reachable by keyboard
    <div ref={box} tabIndex={0} role="region" aria-label={t("events.label")} className="max-h-[70dvh] overflow-auto rounded-md border border-line bg-raised text-sm">
      <div role="table" aria-label={t("events.label")} aria-rowcount={rows.length + 1} className="min-w-[34rem]">
        <div role="row" aria-rowindex={1} className={`${COLUMNS} sticky top-0 z-10 border-b border-line bg-raised py-2 text-xs font-medium text-ink-soft`}>
          {["seq", "kind", "node", "what"].map((name) => <span key={name} role="columnheader">{t(`events.head.${name}`)}</span>)}
          <span role="columnheader" className="hidden md:block">{t("events.head.at")}</span>
        </div>
        <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
          {shown.map(({ index, start }) => {
            const event = rows[index];
            if (!event) return null;
            return (
              <div key={event.seq} role="row" aria-rowindex={index + 2} className={`${COLUMNS} absolute inset-x-0 items-center border-b border-line`} style={{ height: HEIGHT, transform: `translateY(${start}px)` }}>
                <span role="cell" className="text-ink-faint tabular-nums">{event.seq}</span>
                <span role="cell" className="truncate font-medium">{t(`events.kinds.${event.kind.replace(".", "_")}`, event.kind)}</span>
                <span role="cell" className="truncate text-ink-soft">{event.node}</span>
                <span role="cell" className="truncate text-ink-soft" title={told(event, t)}>{told(event, t)}</span>
                <span role="cell" className="hidden truncate text-ink-faint md:block">{exact(event.at)}</span>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
