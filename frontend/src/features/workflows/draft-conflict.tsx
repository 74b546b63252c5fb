import { useState } from "react";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { useTranslation } from "@/lib/i18n";
import { TextDiff } from "./lazy-editors";
import type { Conflict } from "./use-draft";

type Props = { conflict: Conflict; mine: string; busy: boolean; onMine: () => void; onTheirs: () => void };

/** Two people saved: says so, keeps both texts, shows where they differ, and lets one choose. */
export function DraftConflict({ conflict, mine, busy, onMine, onTheirs }: Props) {
  const { t } = useTranslation("workflows");
  const [both, setBoth] = useState(false);
  return (
    <div className="grid gap-3">
      <Banner tone="warn" live title={t("spec.conflict.title")} action={
        <span className="flex flex-wrap gap-2">
          <Button aria-expanded={both} onClick={() => setBoth(!both)}>{t(both ? "spec.conflict.hide" : "spec.conflict.show")}</Button>
          <Button onClick={onTheirs}>{t("spec.conflict.theirs")}</Button>
          <Button busy={busy} onClick={onMine}>{t("spec.conflict.mine")}</Button>
        </span>
      }>{t("spec.conflict.why")}</Banner>
      {both && (
        <div className="grid gap-1">
          <p className="flex justify-between text-sm text-ink-soft"><span>{t("spec.conflict.left")}</span><span>{t("spec.conflict.right")}</span></p>
          <TextDiff left={conflict.theirs} right={mine} label={t("spec.conflict.diff")} />
        </div>
      )}
    </div>
  );
}
