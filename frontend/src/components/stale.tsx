import { useTranslation } from "@/lib/i18n";
import { Button } from "./button";

type Query = { data: unknown; error: unknown; isFetching: boolean; refetch: () => unknown };

/** Above what is shown still although it could not be read again: it may be old. Nothing while all is well. */
export function Stale({ query }: { query: Query }) {
  const { t } = useTranslation();
  if (!query.error || query.data === undefined) return null;
  return (
    <p role="status" className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-warn">
      {t("stale")}
      <Button size="small" busy={query.isFetching} onClick={() => void query.refetch()}>{t("retry")}</Button>
    </p>
  );
}
