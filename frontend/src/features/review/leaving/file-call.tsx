import { byteLength } from "@/lib/canonical";
import { useTranslation } from "@/lib/i18n";
import { bytes } from "@/lib/numbers";
import { Fact, Facts } from "./facts";
import { LongText } from "./long-text";
import type { File } from "./what-leaves";

export function FileCall({ file, draft }: { file: File; draft: string }) {
  const { t } = useTranslation("review");
  return (
    <Facts>
      <Fact name={t("leaving.name")}>
        <span className="font-mono text-sm">{file.name}</span>
        <span className="text-ink-soft"> · {bytes(byteLength(file.content))}</span>
        <p className="text-sm text-ink-soft">{t("leaving.folder")}</p>
      </Fact>
      <Fact name={t("leaving.content")}>
        {file.content === draft && <p className="text-sm text-ok">{t("leaving.same_as_draft")}</p>}
        <LongText text={file.content} label={t("leaving.content")} folded={file.content === draft} />
      </Fact>
    </Facts>
  );
}
