import { Panel } from "@/components/page";
import { useTranslation } from "@/lib/i18n";
import { type Theme, useTheme } from "@/lib/theme";

const THEMES: Theme[] = ["system", "light", "dark"];

export function Appearance() {
  const { t } = useTranslation("teams");
  const [theme, setTheme] = useTheme();
  return (
    <Panel title={t("settings.appearance")}>
      <fieldset>
        <legend className="sr-only">{t("settings.appearance")}</legend>
        <div className="flex flex-wrap gap-x-6">
          {THEMES.map((name) => (
            <label key={name} className="flex min-h-8 items-center gap-2">
              <input type="radio" name="theme" className="size-4 accent-(--accent)" checked={theme === name} onChange={() => setTheme(name)} />
              {t(`settings.themes.${name}`)}
            </label>
          ))}
        </div>
        <p className="text-sm text-ink-faint">{t("settings.appearance_hint")}</p>
      </fieldset>
    </Panel>
  );
}
