import { Field, Input } from "@/components/field";
import { useTranslation } from "@/lib/i18n";

type Props = { value: string; onChange: (value: string) => void; error?: string; autoFocus?: boolean };

export function EmailField({ value, onChange, error, autoFocus }: Props) {
  const { t } = useTranslation("sign-in");
  return (
    <Field label={t("email")} error={error} required>
      {(ids) => <Input {...ids} type="email" autoComplete="username" autoFocus={autoFocus} value={value}
        onChange={(event) => onChange(event.target.value)} />}
    </Field>
  );
}
