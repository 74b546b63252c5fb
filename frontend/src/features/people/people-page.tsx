import { Page } from "@/components/page";
import { Tabs } from "@/components/tabs";
import { useTranslation } from "@/lib/i18n";
import { useUrlState } from "@/lib/url-state";
import { InvitationsTab } from "./invitations-tab";
import { MembersTab } from "./members-tab";
import { RightsTab } from "./rights-tab";
import { RolesTab } from "./roles-tab";
import "./strings";

const TABS = { members: MembersTab, invitations: InvitationsTab, roles: RolesTab, decide: RightsTab };

export function PeoplePage() {
  const { t } = useTranslation("people");
  const [tab, setTab] = useUrlState("tab", "members");
  const open = tab in TABS ? tab : "members";
  return (
    <Page title={t("title")}>
      <Tabs label={t("sections")} value={open} onChange={setTab}
        tabs={Object.entries(TABS).map(([value, Content]) => ({ value, label: t(`tabs.${value}`), content: <Content /> }))} />
    </Page>
  );
}
