import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { $api } from "@/api/client";
import type { GalleryEntry } from "@/api/schema";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { freeName } from "./free-name";
import { WORKFLOWS } from "./paths";

export function Gallery({ slug }: { slug: string }) {
  const { t } = useTranslation("workflows");
  const entries = $api.useQuery("get", "/api/v1/gallery/", {}, { staleTime: Infinity });
  if (!entries.data) return null;
  return (
    <section className="grid gap-3">
      <header>
        <h2 className="text-lg">{t("gallery")}</h2>
        <p className="text-ink-soft">{t("gallery_why")}</p>
      </header>
      <ul className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
        {entries.data.results.map((entry) => <Card key={entry.id} slug={slug} entry={entry} />)}
      </ul>
    </section>
  );
}

function Card({ slug, entry }: { slug: string; entry: GalleryEntry }) {
  const { t } = useTranslation("workflows");
  const client = useQueryClient();
  const navigate = useNavigate();
  const taken = $api.useQuery("get", WORKFLOWS, { params: { path: { slug } } });
  const use = $api.useMutation("post", WORKFLOWS, {
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: ["get", WORKFLOWS] });
      say(t("made", { name: made.name }));
      await navigate({ to: "/t/$slug/workflows/$id", params: { slug, id: made.id } });
    },
  });
  const name = freeName(entry.name, taken.data?.results.map((each) => each.name) ?? []);
  return (
    <li className="grid content-between gap-4 rounded-md border border-line bg-raised p-4">
      <div className="grid gap-1">
        <h3 className="font-medium">{entry.name}</h3>
        <p className="text-sm text-pretty text-ink-soft">{entry.description}</p>
      </div>
      {use.error && <Banner tone="bad">{use.error.detail}</Banner>}
      <Button className="justify-self-start" busy={use.isPending} aria-label={`${t("use")}: ${entry.name}`}
        onClick={() => use.mutate({ params: { path: { slug } }, body: { gallery: entry.id, name } })}>
        {t("use")}
      </Button>
    </li>
  );
}
