import { faultOf } from "@/api/problem";
import type { CredentialKind, Problem } from "@/api/schema";
import { Field, Input, Select } from "@/components/field";
import { useTranslation } from "@/lib/i18n";

export const EMPTY = { api_key: "", host: "", port: "587", tls: "starttls", username: "", password: "", from: "" };
type Fields = typeof EMPTY;

const PORTS: Record<string, string> = { starttls: "587", tls: "465", none: "25" };

/** What is sent: the fields of this kind alone. */
export function secretOf(kind: CredentialKind, { api_key, port, ...smtp }: Fields): Record<string, unknown> {
  return kind === "model_key" ? { api_key } : { ...smtp, port: Number(port) };
}

type Props = { kind: CredentialKind; fields: Fields; onChange: (fields: Fields) => void; error: Problem | null };

export function SecretFields(props: Props) {
  return props.kind === "model_key" ? <Text {...props} name="api_key" type="password" required /> : <MailServer {...props} />;
}

function MailServer(props: Props) {
  const { t } = useTranslation("tools");
  const { fields, onChange, error } = props;
  return (
    <>
      <div className="grid items-start gap-4 sm:grid-cols-[minmax(0,1fr)_6rem]">
        <Text {...props} name="host" required />
        <Text {...props} name="port" type="number" required />
      </div>
      <Field label={t("credentials.tls")} error={faultOf(error, "secret.tls")}>
        {(ids) => (
          <Select {...ids} value={fields.tls}
            onChange={(event) => onChange({ ...fields, tls: event.target.value, port: PORTS[event.target.value] ?? fields.port })}>
            {Object.keys(PORTS).map((tls) => <option key={tls} value={tls}>{t(`credentials.tls_kinds.${tls}`)}</option>)}
          </Select>
        )}
      </Field>
      <div className="grid items-start gap-4 sm:grid-cols-2">
        <Text {...props} name="username" />
        <Text {...props} name="password" type="password" />
      </div>
      <Text {...props} name="from" hint={t("credentials.from_hint")} required />
    </>
  );
}

type TextProps = Props & { name: keyof Fields; type?: string; hint?: string; required?: boolean };

function Text({ fields, onChange, error, name, type = "text", hint, required }: TextProps) {
  const { t } = useTranslation("tools");
  return (
    <Field label={t(`credentials.${name}`)} hint={hint} error={faultOf(error, `secret.${name}`)} required={required}>
      {(ids) => <Input {...ids} type={type} spellCheck={false} autoComplete={type === "password" ? "new-password" : "off"}
        value={fields[name]} onChange={(event) => onChange({ ...fields, [name]: event.target.value })} />}
    </Field>
  );
}
