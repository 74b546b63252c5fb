import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, Navigate, useNavigate, useRouter } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { api } from "@/api/client";
import { meQuery } from "@/api/me";
import { faultOf, restOf } from "@/api/problem";
import { signOut } from "@/api/sign-in";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { Entry } from "@/components/entry";
import { Field, Input } from "@/components/field";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { slugOf } from "./slug";
import "./strings";

export function NewTeamPage() {
  const { t } = useTranslation("teams");
  const me = useQuery({ ...meQuery, retry: false });
  if (me.error?.status === 401) return <Navigate to="/sign-in" search={{ next: "/teams/new" } as never} replace />;
  const first = me.data?.tenants.length === 0;
  return (
    <Entry title={t("new.title")} lead={t("new.lead")} corner={first ? <SignOut /> : <Back />}>
      <NewTeamForm />
      {first && <p className="text-sm text-ink-faint">{t("new.invited")}</p>}
    </Entry>
  );
}

function NewTeamForm() {
  const { t } = useTranslation("teams");
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [own, setOwn] = useState<string>();
  const slug = own ?? slugOf(name);
  const making = useMutation({
    mutationFn: async () => (await api.POST("/api/v1/tenants/", { body: { name: name.trim(), slug: slug || undefined } })).data,
    onSuccess: async (team) => {
      await client.invalidateQueries({ queryKey: ["get", "/api/v1/me/"] });
      if (!team) return;
      say(t("new.made", { name: team.name }));
      await navigate({ to: "/t/$slug/inbox", params: { slug: team.slug } });
    },
  });
  const submit = (event: FormEvent) => { event.preventDefault(); making.mutate(); };
  const taken = making.error?.code === "slug_taken" ? making.error.detail : undefined;
  const rest = !taken && restOf(making.error, ["name", "slug"]);
  return (
    <form onSubmit={submit} className="grid gap-4">
      {rest && <Banner tone="bad">{rest}</Banner>}
      <Field label={t("new.name")} error={faultOf(making.error, "name")} required>
        {(ids) => <Input {...ids} autoFocus autoComplete="organization" maxLength={120} value={name} onChange={(event) => setName(event.target.value)} />}
      </Field>
      <Field label={t("new.slug")} error={taken ?? faultOf(making.error, "slug")}
        hint={<>{t("new.slug_hint")}{slug && <span className="block font-mono text-xs wrap-anywhere text-ink-soft">{t("new.slug_preview", { origin: location.host, slug })}</span>}</>}>
        {(ids) => <Input {...ids} spellCheck={false} autoCapitalize="none" maxLength={50} className="font-mono" value={slug}
          onChange={(event) => setOwn(event.target.value || undefined)} />}
      </Field>
      <Button type="submit" look="primary" size="large" busy={making.isPending}>{t("new.action")}</Button>
    </form>
  );
}

function Back() {
  const { t } = useTranslation("teams");
  const { history } = useRouter();
  return history.canGoBack()
    ? <Button look="quiet" onClick={() => history.back()}>{t("new.back")}</Button>
    : <Button look="quiet" asChild><Link to="/">{t("new.back")}</Link></Button>;
}

function SignOut() {
  const { t } = useTranslation("teams");
  const client = useQueryClient();
  const navigate = useNavigate();
  const leaving = useMutation({
    mutationFn: signOut,
    onSuccess: async () => { client.clear(); await navigate({ to: "/sign-in" }); },
  });
  return <Button look="quiet" busy={leaving.isPending} onClick={() => leaving.mutate()}>{t("new.sign_out")}</Button>;
}
