import { CheckCircle2, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "@/lib/cx";

const LOOKS = {
  note: ["bg-accent-wash text-ink", "text-accent", Info],
  ok: ["bg-ok-wash text-ink", "text-ok", CheckCircle2],
  warn: ["bg-warn-wash text-ink", "text-warn", TriangleAlert],
  bad: ["bg-bad-wash text-ink", "text-bad", TriangleAlert],
} as const;

type Props = { tone?: keyof typeof LOOKS; title?: ReactNode; children?: ReactNode; action?: ReactNode; live?: boolean };

/** A sentence that a page says about itself. `live` is announced when it appears. */
export function Banner({ tone = "note", title, children, action, live }: Props) {
  const [box, mark, Icon] = LOOKS[tone];
  return (
    <div role={tone === "bad" ? "alert" : live ? "status" : undefined}
      className={cx("flex flex-wrap items-start gap-x-3 gap-y-2 rounded-md px-4 py-3", box)}>
      <Icon size={16} aria-hidden className={cx("mt-0.5 shrink-0", mark)} />
      <div className="min-w-0 flex-1 basis-48 wrap-anywhere">
        {title && <p className="font-semibold">{title}</p>}
        {children}
      </div>
      {action}
    </div>
  );
}
