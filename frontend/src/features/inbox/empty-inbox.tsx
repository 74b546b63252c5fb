import { Link } from "@tanstack/react-router";
import { Button } from "@/components/button";
import { Empty } from "@/components/states";
import { useTranslation } from "@/lib/i18n";
import type { Which } from "./use-inbox";

/** What this list is, and the first thing to do about its emptiness. */
export function EmptyInbox({ slug, which, filtered }: { slug: string; which: Which; filtered: boolean }) {
  const { t } = useTranslation("inbox");
  if (filtered) return <Empty title={t("empty.filtered")}>{t("empty.filtered_why")}</Empty>;
  const start = (
    <Button look="primary" asChild>
      <Link to="/t/$slug/workflows" params={{ slug } as never}>{t("empty.start")}</Link>
    </Button>
  );
  if (which !== "mine") return <Empty title={t(`empty.${which}`)} action={start}>{t(`empty.${which}_why`)}</Empty>;
  return (
    <Empty title={t("empty.mine")} action={
      <>{start}<Button asChild><Link to="/t/$slug/people" params={{ slug } as never}>{t("empty.people")}</Link></Button></>
    }>
      <p>{t("empty.mine_why")}</p>
      <p className="mt-2">{t("empty.mine_role")}</p>
    </Empty>
  );
}
