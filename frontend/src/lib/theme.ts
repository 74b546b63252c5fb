import { useKept } from "./kept";

export type Theme = "system" | "light" | "dark";

/** `public/theme.js` does the same before the first paint. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [stored, store] = useKept("theme");
  const choose = (theme: Theme) => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    store(theme === "system" ? null : theme);
  };
  return [stored === "light" || stored === "dark" ? stored : "system", choose];
}
