import { useHere } from "@/api/me";
import { Banner } from "@/components/banner";
import { Page } from "@/components/page";
import { Tabs } from "@/components/tabs";
import { useTranslation } from "@/lib/i18n";
import { useUrlState } from "@/lib/url-state";
import { CredentialsTab } from "./credentials-tab";
import { ModelsTab } from "./models-tab";
import { ToolsTab } from "./tools-tab";
import "./strings";

const TABS = { models: ModelsTab, credentials: CredentialsTab, tools: ToolsTab };

export function ToolsPage() {
  const { t } = useTranslation("tools");
  const { role, isAdmin } = useHere();
  const [tab, setTab] = useUrlState("tab", "models");
  const open = tab in TABS ? tab : "models";
  return (
    <Page title={t("title")}>
      {!isAdmin && <Banner>{t("admins_only", { role: t(`common:role.${role}`).toLowerCase() })}</Banner>}
      <Tabs label={t("sections")} value={open} onChange={setTab}
        tabs={Object.entries(TABS).map(([value, Content]) => ({ value, label: t(`tabs.${value}`), content: <Content /> }))} />
    </Page>
  );
}
