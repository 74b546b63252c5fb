import "./strings";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { rowsOf } from "@/api/pages";
import { Button } from "@/components/button";
import { Select } from "@/components/field";
import { Page } from "@/components/page";
import { Failed, MayBeOld, Skeleton } from "@/components/states";
import { cx } from "@/lib/cx";
import { useTranslation } from "@/lib/i18n";
import { useKeys } from "@/lib/keys";
import { useSlug, useUrlState } from "@/lib/url-state";
import { EmptyInbox } from "./empty-inbox";
import { RequestRow } from "./request-row";
import { SETTLED, useInbox, type Which } from "./use-inbox";

export function InboxPage() {
  const { t } = useTranslation("inbox");
  const slug = useSlug();
  const [which, setWhich] = useUrlState("show", "mine");
  const [status, setStatus] = useUrlState("status");
  const inbox = useInbox(slug, which, status);
  const rows = rowsOf(inbox.data);
  const [chosen, setChosen] = useState<string>();
  useRowKeys(slug, rows.map((row) => row.id), chosen, setChosen);
  return (
    <Page title={t("title")} actions={<Filters which={which as Which} setWhich={setWhich} status={status} setStatus={setStatus} />}>
      {inbox.data && <MayBeOld error={inbox.error} />}
      {inbox.isPending ? <Skeleton tall />
        : inbox.error && !inbox.data ? <Failed error={inbox.error} retry={() => void inbox.refetch()} />
        : rows.length === 0 ? <EmptyInbox slug={slug} which={which as Which} filtered={which === "settled" && status !== ""} />
        : (
          <ul aria-label={t("title")} className="divide-y divide-line rounded-md border border-line bg-raised">
            {rows.map((request) => (
              <RequestRow key={request.id} slug={slug} request={request}
                chosen={request.id === chosen} onChoose={() => setChosen(request.id)} />
            ))}
          </ul>
        )}
      {inbox.hasNextPage && (
        <Button className="justify-self-center" busy={inbox.isFetchingNextPage} onClick={() => void inbox.fetchNextPage()}>
          {t("common:more")}
        </Button>
      )}
    </Page>
  );
}

function useRowKeys(slug: string, ids: string[], chosen: string | undefined, choose: (id: string) => void) {
  const { t } = useTranslation("inbox");
  const navigate = useNavigate();
  const at = chosen ? ids.indexOf(chosen) : -1;
  const go = (to: number) => {
    const id = ids[Math.max(0, Math.min(to, ids.length - 1))];
    if (!id) return;
    choose(id);
    document.querySelector<HTMLAnchorElement>(`a[href$="/approvals/${id}"]`)?.focus();
  };
  useKeys([
    { key: "j", label: t("next"), run: () => go(at + 1), disabled: ids.length === 0 },
    { key: "k", label: t("previous"), run: () => go(at - 1), disabled: ids.length === 0 },
    { key: "Enter", label: t("open"), get disabled() { return !chosen || isOnControl(); },
      run: () => void navigate({ to: "/t/$slug/approvals/$id", params: { slug, id: chosen } as never }) },
  ]);
}

/** A link or button under the focus has its own Enter. */
function isOnControl(): boolean {
  return document.activeElement?.matches("a, button, summary") ?? false;
}

type FilterProps = { which: Which; setWhich: (which: string) => void; status: string; setStatus: (status: string) => void };

function Filters({ which, setWhich, status, setStatus }: FilterProps) {
  const { t } = useTranslation("inbox");
  return (
    <>
      {which === "settled" && (
        <Select aria-label={t("state")} value={status} onChange={(event) => setStatus(event.target.value)} className="h-8 w-auto">
          <option value="">{t("any_state")}</option>
          {SETTLED.map((state) => <option key={state} value={state}>{t(`common:state.${state}`)}</option>)}
        </Select>
      )}
      <div role="group" aria-label={t("which")} className="flex rounded-md border border-edge bg-raised p-0.5">
        {(["mine", "all", "settled"] as const).map((each) => (
          <button key={each} type="button" aria-pressed={which === each} onClick={() => setWhich(each)}
            className={cx("h-8 rounded-sm px-3 text-sm", which === each ? "bg-ink font-medium text-paper" : "text-ink-soft hover:bg-sunken hover:text-ink")}>
            {t(each)}
          </button>
        ))}
      </div>
    </>
  );
}
