import { useState } from "react";
import { useHere } from "@/api/me";
import { Button } from "@/components/button";
import { Rows } from "@/components/rows";
import { Stale } from "@/components/stale";
import { Failed, Skeleton } from "@/components/states";
import { useTranslation } from "@/lib/i18n";
import { AliasForm } from "./alias-form";
import { useModels } from "./lists";
import { ModelRow } from "./model-row";

export function ModelsTab() {
  const { t } = useTranslation("tools");
  const { isAdmin } = useHere();
  const [making, setMaking] = useState(false);
  const query = useModels();
  if (query.isPending) return <Skeleton tall rows={3} />;
  if (query.error && !query.data) return <Failed error={query.error} retry={() => void query.refetch()} />;
  return (
    <div className="grid gap-4">
      <Stale query={query} />
      <div className="flex flex-wrap items-start justify-between gap-4">
        <p className="max-w-prose text-ink-soft">{t("models.about")}</p>
        {isAdmin && <Button look="primary" onClick={() => setMaking(true)}>{t("models.new")}</Button>}
      </div>
      <Rows label={t("models.list")}>{query.models.map((model) => <ModelRow key={model.alias} model={model} />)}</Rows>
      {making && <AliasForm onClose={() => setMaking(false)} />}
    </div>
  );
}
