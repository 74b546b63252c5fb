import type { ScopesEnum } from "@/api/schema";
import { Checkbox } from "@/components/field";
import { useTranslation } from "@/lib/i18n";

const SCOPES: ScopesEnum[] = [
  "workflows:read", "workflows:write", "runs:read", "runs:write", "approvals:read", "approvals:decide",
  "members:read", "members:write", "roles:read", "roles:write", "models:read", "models:write",
  "credentials:read", "credentials:write", "tools:read", "tools:write", "tenant:read", "tenant:write", "audit:read",
];

type Props = { scopes: ScopesEnum[]; onChange: (scopes: ScopesEnum[]) => void; error?: string; machine: boolean };

export function Scopes({ scopes, onChange, error, machine }: Props) {
  const { t } = useTranslation("teams");
  const toggle = (scope: ScopesEnum, on: boolean) => onChange(on ? [...scopes, scope] : scopes.filter((each) => each !== scope));
  return (
    <fieldset className="grid gap-1">
      <legend className="mb-1 text-sm font-medium">{t("tokens.scopes")}</legend>
      <div className="grid gap-x-6 sm:grid-cols-2">
        {SCOPES.map((scope) => (
          <Checkbox key={scope} label={<code className="font-mono text-xs">{scope}</code>}
            hint={t(`tokens.scope.${scope}`, { nsSeparator: false })} checked={scopes.includes(scope)}
            onChange={(event) => toggle(scope, event.target.checked)} />
        ))}
      </div>
      {scopes.length === 0 && <p className="text-sm text-ink-faint">{t("tokens.scopes_none")}</p>}
      {machine && scopes.includes("approvals:decide") && <p className="text-sm text-warn">{t("tokens.machines")}</p>}
      {error && <p role="alert" className="text-sm text-bad">{error}</p>}
    </fieldset>
  );
}
