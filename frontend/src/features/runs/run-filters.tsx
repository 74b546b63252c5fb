import { $api } from "@/api/client";
import { Field, Select } from "@/components/field";
import { useTranslation } from "@/lib/i18n";
import { STATES } from "./states";

type Props = {
  slug: string;
  status: string; onStatus: (status: string) => void;
  workflow: string; onWorkflow: (workflow: string) => void;
};

export function RunFilters({ slug, status, onStatus, workflow, onWorkflow }: Props) {
  const { t } = useTranslation("runs");
  const { t: common } = useTranslation();
  const workflows = $api.useQuery("get", "/api/v1/tenants/{slug}/workflows/", {
    params: { path: { slug }, query: { page_size: 200 } } as never });
  return (
    <div className="flex flex-wrap gap-3">
      <Field label={t("filter.status")} className="min-w-40 flex-1 sm:max-w-56">
        {(ids) => (
          <Select {...ids} value={status} onChange={(event) => onStatus(event.target.value)}>
            <option value="">{t("filter.any_status")}</option>
            {STATES.map((each) => <option key={each} value={each}>{common(`state.${each}`)}</option>)}
          </Select>
        )}
      </Field>
      <Field label={t("filter.workflow")} className="min-w-40 flex-1 sm:max-w-72">
        {(ids) => (
          <Select {...ids} value={workflow} onChange={(event) => onWorkflow(event.target.value)}>
            <option value="">{t("filter.any_workflow")}</option>
            {workflows.data?.results.map((each) => <option key={each.id} value={each.id}>{each.name}</option>)}
          </Select>
        )}
      </Field>
    </div>
  );
}
