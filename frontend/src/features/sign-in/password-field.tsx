import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import { IconButton } from "@/components/button";
import { Field, Input } from "@/components/field";
import { useTranslation } from "@/lib/i18n";

type Props = {
  label: string;
  value: string;
  onChange: (value: string) => void;
  error?: string;
  /** A password to be chosen: its rules are said before it is typed. */
  fresh?: boolean;
};

export function PasswordField({ label, value, onChange, error, fresh }: Props) {
  const { t } = useTranslation("sign-in");
  const [shown, setShown] = useState(false);
  return (
    <Field label={label} error={error} hint={fresh && t("password_rules")} required>
      {(ids) => (
        <div className="relative">
          <Input {...ids} type={shown ? "text" : "password"} value={value} className="pr-10"
            autoComplete={fresh ? "new-password" : "current-password"} onChange={(event) => onChange(event.target.value)} />
          <IconButton label={t(shown ? "hide_password" : "show_password")} onClick={() => setShown(!shown)} className="absolute top-0.5 right-0.5">
            {shown ? <EyeOff size={16} aria-hidden /> : <Eye size={16} aria-hidden />}
          </IconButton>
        </div>
      )}
    </Field>
  );
}
