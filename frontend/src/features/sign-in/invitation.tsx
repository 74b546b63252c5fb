import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { api } from "@/api/client";
import type { Problem } from "@/api/problem";
import type { InvitationPreview, Person } from "@/api/schema";
import { signOut } from "@/api/sign-in";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { Entry } from "@/components/entry";
import { Time } from "@/components/time";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { asked, nextSearch } from "./entering";

type Props = { invitation: InvitationPreview; token: string; person?: Person };

export function OpenInvitation(props: Props) {
  const { t } = useTranslation("sign-in");
  const { invitation, person } = props;
  const named = { team: invitation.team, by: invitation.invited_by, role: t(`common:role.${invitation.role}`).toLowerCase() };
  const fits = person?.email.toLowerCase() === invitation.email.toLowerCase();
  return (
    <Entry title={t("invitation.title")} heading={t("invitation.heading", named)} lead={t("invitation.lead", named)}>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-2 rounded-md border border-line bg-raised p-4">
        <Fact name={t("invitation.as")}>{t(`invitation.role.${invitation.role}`)}</Fact>
        <Fact name={t("invitation.address")}>{invitation.email}</Fact>
        <Fact name={t("invitation.until")}><Time at={invitation.expires_at} /></Fact>
      </dl>
      {!person && <SignFirst {...props} />}
      {person && fits && <Accept {...props} />}
      {person && !fits && <WrongPerson {...props} person={person} />}
    </Entry>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return <><dt className="text-ink-soft">{name}</dt><dd className="wrap-anywhere">{children}</dd></>;
}

function SignFirst({ invitation, token }: Props) {
  const { t } = useTranslation("sign-in");
  const search = nextSearch(`/invitations/${token}`);
  const prefill = () => { asked.email = invitation.email; };
  return (
    <div className="grid gap-3">
      <p className="text-ink-soft">{t("invitation.sign_first", { email: invitation.email })}</p>
      <Button asChild look="primary" size="large"><Link to="/sign-up" search={search} onClick={prefill}>{t("up.action")}</Link></Button>
      <Button asChild size="large"><Link to="/sign-in" search={search} onClick={prefill}>{t("in.action")}</Link></Button>
    </div>
  );
}

function Accept({ invitation, token }: Props) {
  const { t } = useTranslation("sign-in");
  const client = useQueryClient();
  const navigate = useNavigate();
  const accepting = useMutation({
    mutationFn: async () => (await api.POST("/api/v1/invitations/accept/", { body: { token } })).data,
    onSuccess: async (team) => {
      await client.invalidateQueries({ queryKey: ["get", "/api/v1/me/"] });
      say(t("invitation.joined", { team: invitation.team }));
      if (team) await navigate({ to: "/t/$slug/inbox", params: { slug: team.slug } });
    },
  });
  return (
    <div className="grid gap-3">
      {accepting.error && <Banner tone="bad">{words(accepting.error, t("invitation.already", { team: invitation.team }))}</Banner>}
      <Button look="primary" size="large" busy={accepting.isPending} onClick={() => accepting.mutate()}>
        {t("invitation.accept", { team: invitation.team })}
      </Button>
      <p className="text-sm text-ink-faint">{t("invitation.nothing_yet")}</p>
    </div>
  );
}

function words(error: Problem, already: string): string {
  return error.code === "already_member" ? already : error.detail;
}

function WrongPerson({ invitation, person }: Props & { person: Person }) {
  const { t } = useTranslation("sign-in");
  const leaving = useMutation({
    mutationFn: signOut,
    onSettled: () => { asked.email = invitation.email; location.reload(); },
  });
  return (
    <Banner tone="warn" title={t("invitation.wrong_title", { invited: invitation.email })}>
      <p>{t("invitation.wrong", { own: person.email, by: invitation.invited_by })}</p>
      <Button className="mt-3" busy={leaving.isPending} onClick={() => leaving.mutate()}>{t("invitation.switch")}</Button>
    </Banner>
  );
}

export function ClosedInvitation({ invitation }: Props) {
  const { t } = useTranslation("sign-in");
  const named = { team: invitation.team, by: invitation.invited_by };
  const used = invitation.status === "accepted";
  return (
    <Entry title={t("invitation.title")} heading={t(`invitation.${invitation.status}_title`)}
      lead={t(used ? "invitation.accepted" : "invitation.ask_again", named)}>
      <Button asChild size="large"><Link to="/">{t("invitation.home")}</Link></Button>
    </Entry>
  );
}
