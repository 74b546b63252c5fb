import { useTranslation } from "@/lib/i18n";
import { LongText } from "./long-text";

/** Said before the message says anything: no scripts, no forms, nothing fetched, and no link that leads away. */
const ALONE = "<!doctype html><meta http-equiv=\"Content-Security-Policy\" "
  + "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\"><base target=\"_blank\">";

/** The HTML part as a mail program would show it, shut off from this page; and its source. */
export function HtmlPart({ html }: { html: string }) {
  const { t } = useTranslation("review");
  return (
    <>
      <iframe title={t("leaving.html_shown")} sandbox="" srcDoc={ALONE + html}
        className="h-96 w-full rounded-md border border-line bg-[#fff] scheme-light" />
      <details>
        <summary className="cursor-pointer py-1 text-sm text-accent">{t("leaving.html_source")}</summary>
        <LongText text={html} label={t("leaving.html_source")} />
      </details>
    </>
  );
}
