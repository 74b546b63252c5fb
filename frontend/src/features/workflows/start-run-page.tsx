import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { $api } from "@/api/client";
import type { Template } from "@/api/schema";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { Page } from "@/components/page";
import { Empty, Failed, Forbidden, Skeleton } from "@/components/states";
import { useTranslation } from "@/lib/i18n";
import { useParam, useSlug } from "@/lib/url-state";
import type { Schema } from "./form/schema";
import { WORKFLOW } from "./paths";
import { StartRunForm } from "./start-run-form";
import { useVersion } from "./use-versions";
import "./strings";

/** The form that a workflow's published version asks for; it ends on the run's page. It stays that version's while it
 *  is filled in, whatever is published meanwhile. */
export function StartRunPage() {
  const { t } = useTranslation("workflows");
  const slug = useSlug();
  const id = useParam("id");
  const workflow = $api.useQuery("get", WORKFLOW, { params: { path: { slug, id } } });
  const published = workflow.data?.published ?? undefined;
  const [opened, setOpened] = useState<number>();
  if (opened === undefined && published !== undefined) setOpened(published);
  const version = useVersion(slug, id, opened);

  if (workflow.error && !workflow.data) return <Framed><Failed error={workflow.error} retry={() => void workflow.refetch()} /></Framed>;
  if (workflow.isPending) return <Framed><Skeleton rows={5} tall /></Framed>;
  const name = workflow.data.name;
  if (!workflow.data.may.includes("run")) return <Framed workflow={workflow.data}><Forbidden who={t("start.forbidden_why")} /></Framed>;
  if (!opened || workflow.data.archived_at) {
    return (
      <Framed workflow={workflow.data}>
        <Empty title={workflow.data.archived_at ? t("page.archived") : t("start.nothing")} action={
          <Button asChild look="primary"><Link to="/t/$slug/workflows/$id" params={{ slug, id }}>{t("start.open")}</Link></Button>
        }>{!workflow.data.archived_at && t("start.nothing_why")}</Empty>
      </Framed>
    );
  }
  if (version.error && !version.data) return <Framed workflow={workflow.data}><Failed error={version.error} retry={() => void version.refetch()} /></Framed>;
  const spec = version.data?.version.spec as { input?: Schema; description?: string } | undefined;
  return (
    <Framed workflow={workflow.data} title={t("start.title", { name })}>
      {spec ? (
        <>
          {spec.description && <p className="max-w-[72ch] text-pretty text-ink-soft">{spec.description}</p>}
          {published !== undefined && published !== opened && (
            <Banner live title={t("start.newer", { number: published })} action={
              <Button onClick={() => setOpened(published)}>{t("start.load_newer", { number: published })}</Button>
            }>{t("start.newer_why", { mine: opened })}</Banner>
          )}
          <StartRunForm key={opened} slug={slug} workflow={id} version={opened} schema={spec.input ?? { type: "object" }} />
        </>
      ) : <Skeleton rows={6} tall />}
    </Framed>
  );
}

function Framed({ workflow, title, children }: { workflow?: Template; title?: string; children: ReactNode }) {
  const { t } = useTranslation("workflows");
  const slug = useSlug();
  return (
    <Page narrow title={title ?? (workflow ? t("start.title", { name: workflow.name }) : t("page.run"))}
      above={workflow && <Link to="/t/$slug/workflows/$id" params={{ slug, id: workflow.id }}>{workflow.name}</Link>}>
      {children}
    </Page>
  );
}
