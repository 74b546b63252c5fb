import { $api } from "@/api/client";
import { useHere } from "@/api/me";
import { byCursor, rowsOf, useWhole } from "@/api/pages";
import { faultOf } from "@/api/problem";
import type { Member, MembershipRole, Problem } from "@/api/schema";
import { Field, Input, Select } from "@/components/field";
import { useTranslation } from "@/lib/i18n";
import { useSlug } from "@/lib/url-state";

export type Account = { who: string; name: string; role: MembershipRole };
type Props = { account: Account; onChange: (account: Account) => void; error: Problem | null };

/** Oneself or, for admins, a service account: one there is, or a new one. */
export function ActsAs(props: Props) {
  const { isAdmin } = useHere();
  return isAdmin ? <Choice {...props} /> : null;
}

function Choice({ account, onChange, error }: Props) {
  const { t } = useTranslation("teams");
  const slug = useSlug();
  const query = useWhole($api.useInfiniteQuery("get", "/api/v1/tenants/{slug}/members/", { params: { path: { slug } } }, byCursor));
  const machines = rowsOf<Member>(query.data).filter((member) => member.is_service);
  return (
    <div className="grid items-start gap-4 sm:grid-cols-3">
      <Field label={t("tokens.acts_as")} error={faultOf(error, "service_account.user")}>
        {(ids) => (
          <Select {...ids} value={account.who} onChange={(event) => onChange({ ...account, who: event.target.value })}>
            <option value="me">{t("tokens.me")}</option>
            {machines.map((member) => <option key={member.user} value={member.user}>{t("tokens.account", { name: member.name })}</option>)}
            <option value="new">{t("tokens.new_account")}</option>
          </Select>
        )}
      </Field>
      {account.who === "new" && (
        <>
          <Field label={t("tokens.account_name")} error={faultOf(error, "service_account.name")} required>
            {(ids) => <Input {...ids} maxLength={120} value={account.name} onChange={(event) => onChange({ ...account, name: event.target.value })} />}
          </Field>
          <Field label={t("tokens.account_role")} error={faultOf(error, "service_account.role")}>
            {(ids) => (
              <Select {...ids} value={account.role} onChange={(event) => onChange({ ...account, role: event.target.value as MembershipRole })}>
                {["admin", "editor", "viewer"].map((role) => <option key={role} value={role}>{t(`common:role.${role}`)}</option>)}
              </Select>
            )}
          </Field>
        </>
      )}
    </div>
  );
}
