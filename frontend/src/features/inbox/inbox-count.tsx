import "./strings";
import { $api } from "@/api/client";
import { cx } from "@/lib/cx";
import { useTranslation } from "@/lib/i18n";
import { count } from "@/lib/numbers";

/** How many requests wait for me, beside the inbox's name. */
export function InboxCount({ slug, floating }: { slug: string; floating?: boolean }) {
  const { t } = useTranslation("inbox");
  const waiting = $api.useQuery("get", "/api/v1/tenants/{slug}/inbox/count/", { params: { path: { slug } } }, {
    refetchInterval: 10_000, meta: { stays: true },
  }).data;
  if (!waiting?.count) return null;
  const words = waiting.count < waiting.most ? count(waiting.count) : `${count(waiting.most - 1)}+`;
  return (
    <span className={cx("rounded-full bg-ink px-1.5 text-xs font-semibold text-paper tabular-nums",
      floating ? "absolute top-1 left-[calc(50%+6px)] px-1 leading-4" : "ml-auto")}>
      <span aria-hidden>{words}</span>
      <span className="sr-only">{t("count", { count: waiting.count })}</span>
    </span>
  );
}
