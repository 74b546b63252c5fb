import { Bug } from "lucide-react";
import { Button } from "@/components/button";
import { Empty } from "@/components/states";
import { useTranslation } from "@/lib/i18n";

export function Crashed({ error }: { error: unknown }) {
  const { t } = useTranslation("app");
  return (
    <Empty icon={Bug} title={t("crashed.title")}
      action={<Button look="primary" onClick={() => location.reload()}>{t("crashed.reload")}</Button>}>
      <p role="alert">{t("crashed.why")}</p>
      <p className="mt-2 font-mono text-xs">{String(error)}</p>
    </Empty>
  );
}
