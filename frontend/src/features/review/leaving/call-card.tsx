import { useState } from "react";
import type { Call, RequestDetail } from "@/api/schema";
import { Button } from "@/components/button";
import { cx } from "@/lib/cx";
import { useTranslation } from "@/lib/i18n";
import { EmailCall } from "./email-call";
import { FileCall } from "./file-call";
import { OtherCall } from "./other-call";
import { RawCall } from "./raw-call";
import { emailOf, fateOf, fileOf } from "./what-leaves";

type Props = { slug: string; request: RequestDetail; call: Call; label?: string };

/** One planned call: for people to read, and one click away as the tool will get it. */
export function CallCard({ slug, request, call, label }: Props) {
  const { t } = useTranslation("review");
  const [raw, setRaw] = useState(false);
  const email = emailOf(call);
  const file = fileOf(call);
  const title = email ? t("leaving.email") : file ? t("leaving.file") : call.tool;
  const leaves = fateOf(request.status) !== "would";
  const { draft } = request.shown;
  return (
    <article aria-label={label ?? title} className={cx("grid min-w-0 gap-3 border-l-2 pl-3", leaves ? "border-seal" : "border-line")}>
      <header className="flex min-h-8 items-center justify-between gap-2">
        <h3 className="min-w-0 wrap-anywhere">
          <span className={leaves ? "text-seal" : "text-ink-soft"}>{title}</span>
          {label && <span className="block text-sm font-normal text-ink-soft">{label}</span>}
        </h3>
        <Button size="small" aria-pressed={raw} className="h-8" onClick={() => setRaw(!raw)}>{t(raw ? "leaving.readable" : "leaving.raw")}</Button>
      </header>
      {raw ? <RawCall call={call} />
        : email ? <EmailCall slug={slug} request={request.id} call={call.id} email={email} draft={draft} />
        : file ? <FileCall file={file} draft={draft} />
        : <OtherCall call={call} />}
    </article>
  );
}
