import { useNavigate } from "@tanstack/react-router";
import { $api } from "@/api/client";
import { useHere } from "@/api/me";
import { useRefresh } from "@/api/refresh";
import type { Member } from "@/api/schema";
import { Banner } from "@/components/banner";
import { Confirm } from "@/components/dialog";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { keep } from "@/lib/kept";
import { useSlug } from "@/lib/url-state";
import { MEMBERS, nameOf } from "./members";

type Props = { member: Member; mine: boolean; open: boolean; onOpenChange: (open: boolean) => void };

/** Removes somebody, or lets oneself go. */
export function RemoveMember({ member, mine, open, onOpenChange }: Props) {
  const { t } = useTranslation("people");
  const slug = useSlug();
  const { team } = useHere();
  const refresh = useRefresh();
  const navigate = useNavigate();
  const named = { name: nameOf(member), team: team?.name };
  const remove = $api.useMutation("delete", "/api/v1/tenants/{slug}/members/{id}/", {
    onSuccess: async () => {
      onOpenChange(false);
      if (!mine) {
        say(t("members.removed", named));
        return refresh(MEMBERS, "/api/v1/tenants/{slug}/roles/", "/api/v1/tenants/{slug}/permissions/");
      }
      keep("team", null);
      await navigate({ to: "/" });
      return refresh("/api/v1/me/");
    },
  });
  return (
    <Confirm open={open} onOpenChange={onOpenChange} busy={remove.isPending}
      title={t(mine ? "members.leave_title" : "members.remove_title", named)}
      description={t(mine ? "members.leave_why" : "members.remove_why")}
      action={t(mine ? "members.leave" : "members.remove")}
      onConfirm={() => remove.mutate({ params: { path: { slug, id: member.id } } })}>
      {remove.error && <Banner tone="bad">{remove.error.detail}</Banner>}
    </Confirm>
  );
}
