import { X } from "lucide-react";
import { type FormEvent, useState } from "react";
import { $api } from "@/api/client";
import { useHere } from "@/api/me";
import { byCursor, rowsOf, useWhole } from "@/api/pages";
import { useRefresh } from "@/api/refresh";
import type { Approver, Role } from "@/api/schema";
import { Button, IconButton } from "@/components/button";
import { Field, Select } from "@/components/field";
import { Stale } from "@/components/stale";
import { Failed, Skeleton } from "@/components/states";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { useSlug } from "@/lib/url-state";
import { nameOf, useMembers } from "./members";

const HOLDERS = "/api/v1/tenants/{slug}/roles/{id}/members/";

/** Who holds a role; an admin adds members and takes it away again. */
export function RoleHolders({ role }: { role: Role }) {
  const { t } = useTranslation("people");
  const slug = useSlug();
  const { isAdmin } = useHere();
  const query = useWhole($api.useInfiniteQuery("get", HOLDERS, { params: { path: { slug, id: role.id } } }, byCursor));
  if (query.isPending) return <Skeleton rows={1} />;
  if (query.error && !query.data) return <Failed error={query.error} retry={() => void query.refetch()} />;
  const holders = rowsOf<Approver>(query.data);
  return (
    <div className="ml-4 grid gap-3">
      <Stale query={query} />
      {holders.length === 0
        ? <p className="text-ink-soft">{t("roles.held_none")}</p>
        : (
          <ul aria-label={t("roles.holders", { name: role.name })} className="flex flex-wrap gap-2">
            {holders.map((holder) => <Holder key={holder.id} role={role} holder={holder} />)}
          </ul>
        )}
      {isAdmin && <AddHolder role={role} holders={holders} />}
    </div>
  );
}

function useChanged() {
  const refresh = useRefresh();
  return () => refresh(HOLDERS, "/api/v1/tenants/{slug}/roles/", "/api/v1/tenants/{slug}/permissions/");
}

function Holder({ role, holder }: { role: Role; holder: Approver }) {
  const { t } = useTranslation("people");
  const slug = useSlug();
  const { isAdmin } = useHere();
  const changed = useChanged();
  const named = { name: role.name, who: nameOf(holder) };
  const take = $api.useMutation("delete", "/api/v1/tenants/{slug}/roles/{id}/members/{user}/", {
    onSuccess: () => { say(t("roles.taken", named)); return changed(); },
  });
  return (
    <li className="flex min-h-8 items-center gap-1 rounded-md border border-line bg-paper pl-3 last:pr-0" title={holder.email}>
      <span className="py-1 pr-2 wrap-anywhere">{nameOf(holder)}</span>
      {isAdmin && (
        <IconButton label={t("roles.take", named)} busy={take.isPending}
          onClick={() => take.mutate({ params: { path: { slug, id: role.id, user: holder.id } } })}>
          <X size={14} aria-hidden />
        </IconButton>
      )}
      {take.error && <span role="alert" className="pr-2 text-sm text-bad">{take.error.detail}</span>}
    </li>
  );
}

function AddHolder({ role, holders }: { role: Role; holders: Approver[] }) {
  const { t } = useTranslation("people");
  const slug = useSlug();
  const changed = useChanged();
  const { members } = useMembers();
  const [user, setUser] = useState("");
  const add = $api.useMutation("post", HOLDERS, {
    onSuccess: (holder) => {
      setUser("");
      say(t("roles.added", { name: role.name, who: nameOf(holder) }));
      return changed();
    },
  });
  const held = new Set(holders.map((holder) => holder.id));
  const others = members.filter((member) => !member.is_service && !held.has(member.user));
  if (members.length > 0 && others.length === 0) return <p className="text-sm text-ink-faint">{t("roles.everyone")}</p>;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (user) add.mutate({ params: { path: { slug, id: role.id } }, body: { user } });
  };
  return (
    <form onSubmit={submit} className="flex max-w-md flex-wrap items-start gap-2">
      <Field label={t("roles.add_to", { name: role.name })} hideLabel error={add.error?.detail} className="flex-1 basis-52">
        {(ids) => (
          <Select {...ids} value={user} onChange={(event) => setUser(event.target.value)}>
            <option value="">{t("roles.choose")}</option>
            {others.map((member) => <option key={member.user} value={member.user}>{member.name ? `${member.name} (${member.email})` : member.email}</option>)}
          </Select>
        )}
      </Field>
      <Button type="submit" className="h-9" disabled={!user} busy={add.isPending}>{t("roles.add_action")}</Button>
    </form>
  );
}
