import { useState } from "react";
import { $api } from "@/api/client";
import { byCursor, rowsOf } from "@/api/pages";
import type { Token } from "@/api/schema";
import { Button } from "@/components/button";
import { Panel } from "@/components/page";
import { More, Rows } from "@/components/rows";
import { Stale } from "@/components/stale";
import { Failed, Skeleton } from "@/components/states";
import { useTranslation } from "@/lib/i18n";
import { useSlug } from "@/lib/url-state";
import { NewToken } from "./new-token";
import { TokenRow } from "./token-row";

export const TOKENS = "/api/v1/tenants/{slug}/tokens/";

export function Tokens() {
  const { t } = useTranslation("teams");
  const [making, setMaking] = useState(false);
  return (
    <Panel title={t("tokens.title")} actions={<Button onClick={() => setMaking(true)}>{t("tokens.new")}</Button>}>
      <p className="text-ink-soft">{t("tokens.about")} <a href="/api/v1/docs/" className="underline">{t("tokens.docs")}</a></p>
      <TokenList />
      {making && <NewToken onClose={() => setMaking(false)} />}
    </Panel>
  );
}

function TokenList() {
  const { t } = useTranslation("teams");
  const slug = useSlug();
  const query = $api.useInfiniteQuery("get", TOKENS, { params: { path: { slug } } }, byCursor);
  if (query.isPending) return <Skeleton rows={2} tall />;
  if (query.error && !query.data) return <Failed error={query.error} retry={() => void query.refetch()} />;
  const tokens = rowsOf<Token>(query.data);
  if (tokens.length === 0) return <p className="text-ink-faint">{t("tokens.none")}</p>;
  return (
    <>
      <Stale query={query} />
      <Rows label={t("tokens.list")}>{tokens.map((token) => <TokenRow key={token.id} token={token} />)}</Rows>
      <More query={query} />
    </>
  );
}
