import { useState } from "react";
import type { PreviewedEmail } from "@/api/schema";
import { Skeleton } from "@/components/states";
import { cx } from "@/lib/cx";
import { useTranslation } from "@/lib/i18n";
import { HtmlPart } from "./html-part";
import { LongText } from "./long-text";
import type { Email } from "./what-leaves";

type Props = { email: Email; made?: PreviewedEmail; why?: string; draft: string };

/** Both parts of an e-mail. Where they cannot be shown it says so, and shows what they would be made of. */
export function EmailParts({ email, made, why, draft }: Props) {
  const { t } = useTranslation("review");
  const [part, setPart] = useState<"text" | "html">("text");
  if (!made && !why) return <Skeleton rows={4} />;
  const isDraft = email.body === draft;
  const given = part === "html" && typeof email.html === "string";
  if (!made) {
    return (
      <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-1.5">
        <p className="text-sm text-warn">{t("leaving.not_composed", { why })}</p>
        <p className="text-sm text-ink-soft">{t(isDraft ? "leaving.made_of_draft" : "leaving.made_of")}</p>
        <LongText text={email.body} label={t("leaving.body")} />
        {email.html && <LongText text={email.html} label={t("leaving.html")} />}
      </div>
    );
  }
  return (
    <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-1.5">
      <div role="group" aria-label={t("leaving.part")} className="flex">
        {(["text", "html"] as const).map((each) => (
          <button key={each} type="button" aria-pressed={part === each} onClick={() => setPart(each)}
            className={cx("h-8 rounded-md px-2.5 text-sm", part === each ? "bg-sunken font-medium text-ink" : "text-ink-soft hover:text-ink")}>
            {t(`leaving.${each}`)}
          </button>
        ))}
      </div>
      <p className={isDraft && !given ? "text-sm text-ok" : "text-sm text-ink-soft"}>
        {t(given ? "leaving.html_given" : isDraft ? "leaving.of_draft" : "leaving.of_body")}
      </p>
      {part === "text" ? <LongText text={made.text} label={t("leaving.text")} /> : <HtmlPart html={made.html} />}
    </div>
  );
}
