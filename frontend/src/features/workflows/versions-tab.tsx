import { MoreHorizontal } from "lucide-react";
import { useState } from "react";
import { $api } from "@/api/client";
import type { Template, VersionSummary } from "@/api/schema";
import { Status } from "@/components/badge";
import { Banner } from "@/components/banner";
import { Button, IconButton } from "@/components/button";
import { Confirm } from "@/components/dialog";
import { Menu, MenuItem } from "@/components/menu";
import { Failed, Skeleton } from "@/components/states";
import { Cell, Row, Table } from "@/components/table";
import { Time } from "@/components/time";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { useUrlState } from "@/lib/url-state";
import { VERSION } from "./paths";
import { PublishDialog } from "./publish-dialog";
import { usePeople } from "./use-people";
import { useVersions, useVersionsChanged } from "./use-versions";
import { VersionView } from "./version-view";

type Props = { slug: string; workflow: Template };
type Asked = { what: "publish" | "retire"; version: VersionSummary };

export function VersionsTab({ slug, workflow }: Props) {
  const { t } = useTranslation("workflows");
  const { t: common } = useTranslation();
  const [viewed, setViewed] = useUrlState("view");
  const [asked, setAsked] = useState<Asked>();
  const list = useVersions(slug, workflow.id);
  const changed = useVersionsChanged();
  if (list.isPending) return <Skeleton rows={5} tall />;
  if (list.error && !list.data) return <Failed error={list.error} retry={() => void list.refetch()} />;
  const head = ["number", "state", "made", "published", "notes", "actions"].map((name) => t(`versions.head.${name}`));
  return (
    <div className="grid gap-4">
      <Table label={t("versions.list")} head={head}>
        {list.versions.map((version) => (
          <VersionRow key={version.id} slug={slug} workflow={workflow} version={version} onView={() => setViewed(String(version.number))} onAsk={setAsked} />
        ))}
      </Table>
      {list.hasNextPage && (
        <Button className="justify-self-center" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{common("more")}</Button>
      )}
      {viewed && <VersionView key={viewed} slug={slug} workflow={workflow} number={Number(viewed)} versions={list.versions} onClose={() => setViewed("")} />}
      {asked?.what === "publish" && (
        <PublishDialog slug={slug} workflow={workflow.id} number={asked.version.number} specHash={asked.version.spec_hash}
          onClose={() => setAsked(undefined)} onLook={() => { void changed(); setViewed(String(asked.version.number)); }} />
      )}
      {asked?.what === "retire" && <Retire slug={slug} workflow={workflow.id} number={asked.version.number} onClose={() => setAsked(undefined)} />}
    </div>
  );
}

type RowProps = Props & { version: VersionSummary; onView: () => void; onAsk: (asked: Asked) => void };

function VersionRow({ slug, workflow, version, onView, onAsk }: RowProps) {
  const { t } = useTranslation("workflows");
  const nameOf = usePeople(slug);
  const by = (id: string | null) => (id ? t("versions.by", { who: nameOf(id) ?? t("versions.someone") }) : "");
  const { number, status } = version;
  const publishable = status === "draft" && workflow.may.includes("publish");
  const retirable = status === "published" && workflow.may.includes("publish");
  return (
    <Row>
      <Cell><Button look="quiet" size="small" onClick={onView} className="font-mono tabular-nums" aria-label={t("versions.viewing", { number })}>{t("version_short", { number })}</Button></Cell>
      <Cell><Status state={status ?? "draft"} /></Cell>
      <Cell><Time at={version.created_at ?? ""} /> <span className="text-sm text-ink-faint">{by(version.created_by ?? null)}</span></Cell>
      <Cell>{version.published_at && <><Time at={version.published_at} /> <span className="text-sm text-ink-faint">{by(version.published_by ?? null)}</span></>}</Cell>
      <Cell className="max-w-64 wrap-anywhere text-ink-soft">{version.notes}</Cell>
      <Cell>
        <span className="flex gap-1">
          <Button size="small" onClick={onView}>{t("versions.view")}</Button>
          {(publishable || retirable) && (
            <Menu align="end" trigger={<IconButton label={t("versions.actions", { number })} className="size-7"><MoreHorizontal size={16} aria-hidden /></IconButton>}>
              {publishable && <MenuItem onSelect={() => onAsk({ what: "publish", version })}>{t("versions.publish")}</MenuItem>}
              {retirable && <MenuItem danger onSelect={() => onAsk({ what: "retire", version })}>{t("versions.retire")}</MenuItem>}
            </Menu>
          )}
        </span>
      </Cell>
    </Row>
  );
}

function Retire({ slug, workflow, number, onClose }: { slug: string; workflow: string; number: number; onClose: () => void }) {
  const { t } = useTranslation("workflows");
  const changed = useVersionsChanged();
  const retire = $api.useMutation("post", `${VERSION}retire/`, {
    onSuccess: async () => { say(t("versions.retired", { number })); onClose(); await changed(); },
  });
  return (
    <Confirm open onOpenChange={(open) => { if (!open) onClose(); }} title={t("versions.retire_title", { number })} description={t("versions.retire_why")}
      action={t("versions.retire_action")} busy={retire.isPending}
      onConfirm={() => retire.mutate({ params: { path: { slug, id: workflow, number: String(number) } } })}>
      {retire.error && <Banner tone="bad">{retire.error.detail}</Banner>}
    </Confirm>
  );
}
