import { Page } from "@/components/page";
import { useTranslation } from "@/lib/i18n";
import { Appearance } from "./appearance";
import { TeamSettings } from "./team-settings";
import { Tokens } from "./tokens";
import { YourName } from "./your-name";
import "./strings";

export function SettingsPage() {
  const { t } = useTranslation("teams");
  return (
    <Page title={t("settings.title")} narrow>
      <TeamSettings />
      <YourName />
      <Appearance />
      <Tokens />
    </Page>
  );
}
