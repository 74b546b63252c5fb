import { CloudOff } from "lucide-react";
import { useState } from "react";
import { $api } from "@/api/client";
import { useHere } from "@/api/me";
import type { ListedModel } from "@/api/schema";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { RowItem } from "@/components/rows";
import { useTranslation } from "@/lib/i18n";
import { useSlug } from "@/lib/url-state";
import { AliasForm } from "./alias-form";
import { DeleteAlias } from "./delete-alias";
import { TrialResult } from "./trial-result";

export function ModelRow({ model }: { model: ListedModel }) {
  const { t } = useTranslation("tools");
  const slug = useSlug();
  const { isAdmin } = useHere();
  const [doing, setDoing] = useState<"edit" | "delete">();
  const test = $api.useMutation("post", "/api/v1/tenants/{slug}/models/{alias}/test/");
  const ask = () => test.mutate({ params: { path: { slug, alias: model.alias } } });
  return (
    <RowItem
      title={<>
        <code className="font-mono text-sm">{model.alias}</code>
        {model.offline && <Badge tone="accent"><CloudOff size={12} aria-hidden />{t("models.offline")}</Badge>}
      </>}
      about={model.built_in ? `${model.label}. ${t("models.built_in")}` : <Providers model={model} />}
      actions={isAdmin && <>
        <Button busy={test.isPending} onClick={ask}>{t("models.test")}</Button>
        {!model.built_in && <>
          <Button look="quiet" onClick={() => setDoing("edit")}>{t("models.edit")}</Button>
          <Button look="quiet" onClick={() => setDoing("delete")}>{t("models.delete")}</Button>
        </>}
      </>}
    >
      <TrialResult alias={model.alias} busy={test.isPending} trial={test.data} error={test.error} />
      {doing === "edit" && <AliasForm alias={model.alias} onClose={() => setDoing(undefined)} />}
      {doing === "delete" && <DeleteAlias alias={model.alias} onClose={() => setDoing(undefined)} />}
    </RowItem>
  );
}

function Providers({ model }: { model: ListedModel }) {
  const { t } = useTranslation("tools");
  return (
    <ol aria-label={t("models.providers", { alias: model.alias })} className="grid gap-0.5">
      {model.providers.map((provider, number) => (
        <li key={number}>
          {model.providers.length > 1 && `${number + 1}. `}<span className="font-mono text-xs">{provider.model}</span>
          {provider.credential && <>{" · "}{t("models.with_credential", { name: provider.credential })}</>}
          {provider.api_base && <>{" · "}<span className="font-mono text-xs">{provider.api_base}</span></>}
        </li>
      ))}
    </ol>
  );
}
