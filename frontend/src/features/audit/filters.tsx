import { X } from "lucide-react";
import { useNavigate } from "@tanstack/react-router";
import { $api } from "@/api/client";
import { byCursor, rowsOf, useWhole } from "@/api/pages";
import type { Member } from "@/api/schema";
import { Button } from "@/components/button";
import { Field, Select } from "@/components/field";
import { useTranslation } from "@/lib/i18n";
import { useSlug, useUrlState } from "@/lib/url-state";

const GROUPS = [
  "tenant.", "member.", "invitation.", "token.", "service_account.", "role.", "scope.", "template.", "version.", "run.",
  "request.", "assignments.", "decision.", "grants.", "grant.", "tool_call.", "credential.", "model.",
];

/** What the platform can filter by; all of it in the address. */
export function Filters() {
  const { t } = useTranslation("audit");
  const [action, setAction] = useUrlState("action");
  const [actor, setActor] = useUrlState("actor");
  const [subject, setSubject] = useUrlState("subject");
  const { members, known } = usePeople(actor);
  const navigate = useNavigate();
  const clear = () => void navigate({ to: ".", search: {} as never, replace: true, resetScroll: false });
  return (
    <div className="flex flex-wrap items-end gap-3">
      <Field label={t("filter_action")} className="min-w-40 flex-1 sm:max-w-56">
        {(ids) => (
          <Select {...ids} value={action} onChange={(event) => setAction(event.target.value)}>
            <option value="">{t("anything")}</option>
            {GROUPS.map((group) => <option key={group} value={group}>{t(`groups.${group.slice(0, -1)}`)}</option>)}
            {action && !GROUPS.includes(action) && <option value={action}>{action}</option>}
          </Select>
        )}
      </Field>
      <Field label={t("filter_actor")} className="min-w-40 flex-1 sm:max-w-64">
        {(ids) => (
          <Select {...ids} value={actor} onChange={(event) => setActor(event.target.value)}>
            <option value="">{t("anybody")}</option>
            {members.map((member) => <option key={member.user} value={member.user}>{member.is_service ? member.name : member.email}</option>)}
            {actor && !known && <option value={actor}>{actor}</option>}
          </Select>
        )}
      </Field>
      {subject && (
        <Button onClick={() => setSubject("")}>
          {t("only_subject", { id: `${subject.slice(0, 8)}…` })}<X size={14} aria-hidden />
        </Button>
      )}
      {(action || actor || subject) && <Button look="quiet" onClick={clear}>{t("clear")}</Button>}
    </div>
  );
}

function usePeople(actor: string): { members: Member[]; known: boolean } {
  const slug = useSlug();
  const query = useWhole($api.useInfiniteQuery("get", "/api/v1/tenants/{slug}/members/", { params: { path: { slug } } }, byCursor));
  const members = rowsOf<Member>(query.data);
  return { members, known: members.some((member) => member.user === actor) };
}
