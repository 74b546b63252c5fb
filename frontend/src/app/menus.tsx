import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { BookOpen, Check, LogOut, Monitor, Moon, Plus, Sun } from "lucide-react";
import type { ReactNode } from "react";
import type { OwnTenant, Person } from "@/api/schema";
import { signOut } from "@/api/sign-in";
import { Menu, MenuItem, MenuLabel, MenuLine } from "@/components/menu";
import { useTranslation } from "@/lib/i18n";
import { type Theme, useTheme } from "@/lib/theme";

type Props = { team: OwnTenant; person: Person };

export function TeamMenu({ trigger, ...props }: Props & { trigger: ReactNode }) {
  return <Menu trigger={trigger}><TeamItems {...props} /></Menu>;
}

export function TeamItems({ team, person }: Props) {
  const { t } = useTranslation("app");
  return (
    <>
      <MenuLabel>{t("teams")}</MenuLabel>
      {person.tenants.map((tenant) => (
        <MenuItem key={tenant.id} asChild>
          <Link to="/t/$slug/inbox" params={{ slug: tenant.slug }}>
            <span className="flex-1">{tenant.name}</span>
            {tenant.id === team.id && <Check size={14} aria-hidden />}
            <span className="text-xs text-ink-faint">{t(`common:role.${tenant.role}`)}</span>
          </Link>
        </MenuItem>
      ))}
      <MenuItem asChild><Link to="/teams/new"><Plus size={14} aria-hidden />{t("new_team")}</Link></MenuItem>
    </>
  );
}

export function YouMenu({ trigger, person }: Props & { trigger: ReactNode }) {
  return <Menu trigger={trigger} side="top"><YouItems person={person} /></Menu>;
}

const THEMES: [Theme, typeof Sun][] = [["system", Monitor], ["light", Sun], ["dark", Moon]];

export function YouItems({ person }: { person: Person }) {
  const { t } = useTranslation("app");
  const [theme, setTheme] = useTheme();
  const leave = useLeave();
  return (
    <>
      <MenuLabel>{person.email}</MenuLabel>
      <MenuLabel>{t("theme.title")}</MenuLabel>
      {THEMES.map(([name, Icon]) => (
        <MenuItem key={name} onSelect={() => setTheme(name)}>
          <Icon size={14} aria-hidden /><span className="flex-1">{t(`theme.${name}`)}</span>
          {theme === name && <Check size={14} aria-hidden />}
        </MenuItem>
      ))}
      <MenuLine />
      <MenuItem asChild><a href="/api/v1/docs/"><BookOpen size={14} aria-hidden />{t("api_docs")}</a></MenuItem>
      <MenuItem onSelect={() => void leave()}><LogOut size={14} aria-hidden />{t("sign_out")}</MenuItem>
    </>
  );
}

function useLeave() {
  const client = useQueryClient();
  const navigate = useNavigate();
  return async () => {
    await signOut();
    client.clear();
    await navigate({ to: "/sign-in" });
  };
}
