import { ArrowUp, X } from "lucide-react";
import { faultOf } from "@/api/problem";
import type { Problem } from "@/api/schema";
import { IconButton } from "@/components/button";
import { Field, Input, Select } from "@/components/field";
import { useTranslation } from "@/lib/i18n";
import { useCredentials } from "./lists";
import { paramsOf, type ProviderDraft } from "./provider-draft";

type Props = {
  draft: ProviderDraft;
  number: number;
  error: Problem | null;
  tried: boolean;
  onChange: (draft: ProviderDraft) => void;
  onRemove?: () => void;
  onUp?: () => void;
};

export function ProviderFields({ draft, number, error, tried, onChange, onRemove, onUp }: Props) {
  const { t } = useTranslation("tools");
  const { credentials } = useCredentials();
  const keys = credentials.filter((credential) => credential.kind === "model_key");
  const fault = (field: string) => faultOf(error, `providers.${number}.${field}`);
  const named = { number: number + 1 };
  const bad = tried && !paramsOf(draft.params) ? t("models.params_bad") : undefined;
  return (
    <fieldset className="grid gap-4 rounded-md border border-line p-4">
      <legend className="flex items-center gap-1 px-1 font-medium">
        {t("models.provider", named)}
        {onUp && <IconButton label={t("models.move_up", named)} onClick={onUp}><ArrowUp size={14} aria-hidden /></IconButton>}
        {onRemove && <IconButton label={t("models.remove_provider", named)} onClick={onRemove}><X size={14} aria-hidden /></IconButton>}
      </legend>
      <div className="grid items-start gap-4 sm:grid-cols-2">
        <Field label={t("models.model")} hint={t("models.model_hint")} error={fault("model")} required>
          {(ids) => <Input {...ids} spellCheck={false} autoCapitalize="none" className="font-mono" value={draft.model}
            onChange={(event) => onChange({ ...draft, model: event.target.value })} />}
        </Field>
        <Field label={t("models.credential")} error={fault("credential")}>
          {(ids) => (
            <Select {...ids} value={draft.credential} onChange={(event) => onChange({ ...draft, credential: event.target.value })}>
              <option value="">{t("models.no_credential")}</option>
              {keys.map((key) => <option key={key.id} value={key.name}>{key.name}</option>)}
            </Select>
          )}
        </Field>
        <Field label={t("models.api_base")} hint={t("models.api_base_hint")} error={fault("api_base")}>
          {(ids) => <Input {...ids} type="url" spellCheck={false} className="font-mono" value={draft.api_base}
            onChange={(event) => onChange({ ...draft, api_base: event.target.value })} />}
        </Field>
        <Field label={t("models.params")} hint={t("models.params_hint")} error={bad ?? fault("params")}>
          {(ids) => <Input {...ids} spellCheck={false} className="font-mono" value={draft.params}
            onChange={(event) => onChange({ ...draft, params: event.target.value })} />}
        </Field>
      </div>
    </fieldset>
  );
}
