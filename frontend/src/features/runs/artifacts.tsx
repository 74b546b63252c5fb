import { useQuery } from "@tanstack/react-query";
import { Download, Eye, EyeOff, FileText } from "lucide-react";
import { useState } from "react";
import { $api } from "@/api/client";
import { problemOf } from "@/api/problem";
import type { Artifact, RunDetail } from "@/api/schema";
import { Button, IconButton } from "@/components/button";
import { Id } from "@/components/copy";
import { Panel } from "@/components/page";
import { Failed, Skeleton } from "@/components/states";
import { useTranslation } from "@/lib/i18n";
import { bytes } from "@/lib/numbers";

const MOST_SHOWN = 200_000;

export function Artifacts({ slug, run }: { slug: string; run: RunDetail }) {
  const { t } = useTranslation("runs");
  const left = $api.useQuery("get", "/api/v1/tenants/{slug}/runs/{id}/artifacts/", { params: { path: { slug, id: run.id } } });
  const files = left.data?.results ?? [];
  return (
    <Panel title={t("artifacts.title")}>
      {left.error && <Failed error={left.error} retry={() => void left.refetch()} />}
      {left.data && files.length === 0 && <p className="text-ink-faint">{t("artifacts.none")}</p>}
      {files.length > 0 && <ul className="grid gap-3">{files.map((file) => <File key={file.name} slug={slug} run={run.id} file={file} />)}</ul>}
    </Panel>
  );
}

function File({ slug, run, file }: { slug: string; run: string; file: Artifact }) {
  const { t } = useTranslation("runs");
  const [open, setOpen] = useState(false);
  const address = `/api/v1/tenants/${slug}/runs/${run}/artifacts/${encodeURIComponent(file.name)}/`;
  const name = { name: file.name };
  return (
    <li className="grid min-w-0 gap-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <FileText size={16} aria-hidden className="text-ink-faint" />
        <span className="min-w-0 font-medium wrap-anywhere">{file.name}</span>
        <span className="text-sm text-ink-faint tabular-nums">{bytes(file.size)}</span>
        <Id value={file.sha256} />
        <span className="ml-auto flex gap-1">
          <IconButton label={t(open ? "artifacts.hide" : "artifacts.preview", name)} aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? <EyeOff size={16} aria-hidden /> : <Eye size={16} aria-hidden />}
          </IconButton>
          <Button asChild look="quiet" className="w-8 px-0">
            <a href={address} download={file.name} aria-label={t("artifacts.download", name)} title={t("artifacts.download", name)}><Download size={16} aria-hidden /></a>
          </Button>
        </span>
      </div>
      {open && <Preview address={address} file={file} />}
    </li>
  );
}

function Preview({ address, file }: { address: string; file: Artifact }) {
  const { t } = useTranslation("runs");
  const small = file.size <= MOST_SHOWN;
  const text = useQuery({ queryKey: ["artifact", address, file.sha256], queryFn: () => readText(address), enabled: small, staleTime: Infinity });
  if (!small) return <p className="text-ink-faint">{t("artifacts.too_large", { size: bytes(file.size) })}</p>;
  if (text.isPending) return <Skeleton rows={4} />;
  if (text.error) return <Failed error={text.error as never} retry={() => void text.refetch()} />;
  if (text.data === null) return <p className="text-ink-faint">{t("artifacts.not_text")}</p>;
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a box that scrolls must be reachable by keyboard
    <pre tabIndex={0} role="region" aria-label={file.name} className="max-h-96 overflow-auto rounded-md bg-sunken p-3 font-mono text-xs leading-5 whitespace-pre-wrap wrap-anywhere">{text.data}</pre>
  );
}

/** The file as text; null when it is none. */
async function readText(address: string): Promise<string | null> {
  const response = await fetch(address, { credentials: "same-origin" });
  if (!response.ok) throw await problemOf(response);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await response.arrayBuffer());
  } catch {
    return null;
  }
}
