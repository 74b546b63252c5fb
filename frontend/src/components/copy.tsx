import { Check, Copy as CopyIcon } from "lucide-react";
import { useState } from "react";
import { cx } from "@/lib/cx";
import { useTranslation } from "@/lib/i18n";
import { IconButton } from "./button";

export function Copy({ text, label, className }: { text: string; label?: string; className?: string }) {
  const { t } = useTranslation();
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return (
    <IconButton label={done ? t("copied") : (label ?? t("copy"))} onClick={() => void copy()} className={cx("size-7", className)}>
      {done ? <Check size={14} aria-hidden /> : <CopyIcon size={14} aria-hidden />}
    </IconButton>
  );
}

/** An id or a hash: short to the eye, whole in the copy. */
export function Id({ value, keep = 8 }: { value: string; keep?: number }) {
  const { t } = useTranslation();
  return (
    <span className="inline-flex items-center gap-1 font-mono text-xs text-ink-soft" title={value}>
      {value.length > keep ? `${value.slice(0, keep)}…` : value}
      <Copy text={value} label={t("copy_id")} className="size-6" />
    </span>
  );
}
