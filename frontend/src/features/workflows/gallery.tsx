import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { api, $api } from "@/api/client";
import { asProblem, type Problem } from "@/api/problem";
import type { GalleryEntry, Template } from "@/api/schema";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { Failed } from "@/components/states";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { freeName } from "./free-name";
import { WORKFLOWS } from "./paths";

export function Gallery({ slug }: { slug: string }) {
  const { t } = useTranslation("workflows");
  const entries = $api.useQuery("get", "/api/v1/gallery/", {}, { staleTime: Infinity });
  if (entries.error) return <Failed error={entries.error} retry={() => void entries.refetch()} />;
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
  const use = useMutation<Template, Problem>({
    mutationFn: () => made(slug, entry, taken.data?.results.map((each) => each.name) ?? []),
    onSuccess: async ({ id, name }) => {
      await client.invalidateQueries({ queryKey: ["get", WORKFLOWS] });
      say(t("made", { name }));
      await navigate({ to: "/t/$slug/workflows/$id", params: { slug, id } });
    },
  });
  return (
    <li className="grid content-between gap-4 rounded-md border border-line bg-raised p-4">
      <div className="grid gap-1">
        <h3 className="font-medium">{entry.name}</h3>
        <p className="text-sm text-pretty text-ink-soft">{entry.description}</p>
      </div>
      {use.error && <Banner tone="bad">{use.error.detail}</Banner>}
      <Button className="justify-self-start" busy={use.isPending} aria-label={`${t("use")}: ${entry.name}`} onClick={() => use.mutate()}>
        {t("use")}
      </Button>
    </li>
  );
}

const MOST_TRIES = 20;

/** Under the first name that is free. A name may be taken by a workflow that this person does not see. */
async function made(slug: string, entry: GalleryEntry, taken: string[]): Promise<Template> {
  for (let tries = 1; ; tries += 1) {
    const name = freeName(entry.name, taken);
    try {
      const { data } = await api.POST(WORKFLOWS, { params: { path: { slug } }, body: { gallery: entry.id, name } });
      return data as Template;
    } catch (error) {
      if (asProblem(error).code !== "name_taken" || tries === MOST_TRIES) throw error;
      taken = [...taken, name];
    }
  }
}
