import { Page } from "@/components/page";

export function VerifyEmailPage() {
  return <Page title="VerifyEmailPage">{null}</Page>;
}
