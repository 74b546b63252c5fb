import { Page } from "@/components/page";

export function PasswordResetPage() {
  return <Page title="PasswordResetPage">{null}</Page>;
}
