import "./strings";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import { meQuery } from "@/api/me";
import { type RunStory, useRunEvents } from "@/api/run-events";
import type { ListedRequest, RequestDetail } from "@/api/schema";
import { Page } from "@/components/page";
import { DocumentsContext } from "@/components/source-link";
import { Failed, MayBeOld, Skeleton } from "@/components/states";
import { documentsIn } from "@/lib/documents";
import { useTranslation } from "@/lib/i18n";
import { useKeys } from "@/lib/keys";
import { useParam, useSlug } from "@/lib/url-state";
import { ChecksPanel } from "./beside/checks-panel";
import { HistoryPanel } from "./beside/history-panel";
import { DecisionBar } from "./deciding/decision-bar";
import { DraftPanel } from "./draft/draft-panel";
import { RequestFacts } from "./header";
import { LeavingPanel } from "./leaving/leaving-panel";
import { SignedOut } from "./signed-out";
import { earlierDrafts, useLastLooked } from "./use-earlier";
import { isOver, useEffects, useRequest, useRevisions, useRun, useWaiting, useWords } from "./use-review";

export function ReviewPage() {
  const { t } = useTranslation("review");
  const slug = useSlug();
  const id = useParam("id");
  const request = useRequest(slug, id);
  if (request.isPending) return <Page title={t("title")}><Skeleton tall /></Page>;
  if (!request.data) return <Page title={t("title")}><Failed error={request.error!} retry={() => void request.refetch()} /></Page>;
  return (
    <Review key={id} slug={slug} request={request.data} error={request.error} />
  );
}

type Props = { slug: string; request: RequestDetail; error: { status: number; detail: string } | null };

function Review({ slug, request, error }: Props) {
  const { t } = useTranslation("review");
  const me = useQuery(meQuery).data?.email ?? "";
  const settled = request.status === "approved" || request.status === "changes_requested";
  const run = useRun(slug, request, settled);
  const going = settled && run !== null && !isOver(run);
  const revisions = useRevisions(slug, request, going);
  const superseded = (revisions[0]?.revision ?? 0) > request.revision;
  const story = useRunEvents(slug, request.subject.id, going && !superseded && run !== undefined);
  useFollowing(story);
  const effects = useEffects(slug, request, run);
  const words = useWords(slug, run);
  const documents = useMemo(() => (run ? documentsIn(run.input) : run), [run]);
  const earlier = useMemo(() => earlierDrafts(request, run ?? undefined), [request, run]);
  const looked = useLastLooked(request);
  const waiting = useWaiting(slug);
  useNeighbours(slug, request.id, waiting);
  return (
    <DocumentsContext value={documents}>
      <Page title={request.title} above={<Link to="/t/$slug/inbox" params={{ slug } as never}>{t("inbox:title")}</Link>}>
        <RequestFacts slug={slug} request={request} run={run} />
        {error?.status === 401 ? <SignedOut /> : <MayBeOld error={error} />}
        <div className="grid min-w-0 items-start gap-4 lg:grid-cols-[minmax(0,1fr)_24rem]">
          <DraftPanel request={request} earlier={earlier} looked={looked} />
          <div className="grid min-w-0 gap-4">
            <LeavingPanel slug={slug} request={request} labels={words} />
            <ChecksPanel shown={request.shown} words={words} />
            <HistoryPanel slug={slug} request={request} revisions={revisions} effects={effects} words={words} />
          </div>
        </div>
        <DecisionBar slug={slug} request={request} me={me} run={run} revisions={revisions} effects={effects} words={words}
          story={story} waiting={waiting} />
      </Page>
    </DocumentsContext>
  );
}

/** What the stream tells is looked up at once; without it, the page asks every few seconds. */
function useFollowing(story: RunStory) {
  const cache = useQueryClient();
  const told = story.events.filter((event) => /^(gate|tool|run)\./.test(event.kind)).length;
  useEffect(() => {
    if (told > 0) void cache.invalidateQueries({ predicate: ({ queryKey }) => /\/(approvals|runs|tool-calls)\//.test(String(queryKey[1])) });
  }, [cache, told]);
}

function useNeighbours(slug: string, id: string, waiting: ListedRequest[]) {
  const { t } = useTranslation("review");
  const navigate = useNavigate();
  const at = waiting.findIndex((each) => each.id === id);
  const next = waiting[at + 1];
  const previous = at > 0 ? waiting[at - 1] : undefined;
  const open = (to: ListedRequest | undefined) => () => {
    if (to) void navigate({ to: "/t/$slug/approvals/$id", params: { slug, id: to.id } as never });
  };
  useKeys([
    { key: "j", label: t("keys.next"), run: open(next), disabled: !next },
    { key: "k", label: t("keys.previous"), run: open(previous), disabled: !previous },
  ]);
}
