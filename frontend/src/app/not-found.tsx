import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { Button } from "@/components/button";
import { Gone } from "@/components/states";
import { useTranslation } from "@/lib/i18n";

export function NotFound() {
  const { t } = useTranslation();
  useEffect(() => { document.title = `${t("gone.title")} · Countersign`; }, [t]);
  return <main><Gone alone action={<Button asChild><Link to="/">{t("gone.home")}</Link></Button>} /></main>;
}
