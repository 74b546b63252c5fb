import { Link, useLocation } from "@tanstack/react-router";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { useTranslation } from "@/lib/i18n";

/** A session that ended takes neither the page nor what was typed with it. */
export function SignedOut() {
  const { t } = useTranslation("review");
  const { href } = useLocation();
  return (
    <Banner tone="warn" live title={t("refused.signed_out")} action={
      <Button asChild look="primary"><Link to="/sign-in" search={{ next: href } as never}>{t("refused.sign_in")}</Link></Button>
    }>{t("refused.signed_out_why")}</Banner>
  );
}
