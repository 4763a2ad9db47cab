/** The bar over every page: where am I, what time is it there, is it live, what is wrong, who am I. */

import * as Menu from '@radix-ui/react-dropdown-menu'
import * as Popover from '@radix-ui/react-popover'
import { useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import {
  Bell,
  Check,
  CircleUser,
  EvCharger,
  Keyboard,
  Languages,
  LayoutDashboard,
  LogOut,
  Moon,
  Sun,
} from 'lucide-react'
import { useT } from '@/lib/i18n'
import { language, type Theme, theme, useDark, usePreference } from '@/lib/prefs'
import { signOut, useSession } from '@/lib/session'
import { useNow, useSite } from '@/lib/site'
import { formatDay, formatTime, zoneName } from '@/lib/time'
import type { Site } from '@/lib/types'
import mark from '@/mark.svg'
import { AlarmList, useOpenAlarms } from './Alarms'
import { LivePill } from './LivePill'

function SitePicker({ sites }: { sites: Site[] }) {
  const t = useT()
  const site = useSite()
  const navigate = useNavigate()
  if (sites.length === 1) return <b className="nowrap site-name">{site.name}</b>
  return (
    <select
      className="input site-select"
      aria-label={t('top.site')}
      value={site.site_id}
      onChange={(event) => navigate({ to: '/', search: { site: event.target.value } })}
    >
      {sites.map((each) => (
        <option key={each.site_id} value={each.site_id}>
          {each.name}
        </option>
      ))}
    </select>
  )
}

function SiteClock() {
  const t = useT()
  const site = useSite()
  const now = useNow()
  return (
    <div className="site-clock" title={`${t('top.siteTime')}: ${site.time_zone}`}>
      <b data-testid="site-clock">{formatTime(now, site.time_zone)}</b>
      <span>
        {formatDay(now, site.time_zone, t.language)} {zoneName(now, site.time_zone)}
      </span>
    </div>
  )
}

function AlarmBell() {
  const t = useT()
  const alarms = useOpenAlarms()
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <button
          type="button"
          className="button quiet icon bell"
          aria-label={t.n('top.alarmsOpen', alarms.length)}
        >
          <Bell size={18} aria-hidden />
          {alarms.length > 0 && <b>{alarms.length > 99 ? '99+' : alarms.length}</b>}
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="menu alarm-menu" align="end" sideOffset={6}>
          <div className="menu-label">{t.n('top.alarmsOpen', alarms.length)}</div>
          <AlarmList alarms={alarms} most={12} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

export function LanguageToggle() {
  const t = useT()
  const current = usePreference(language)
  const next = current === 'en-GB' ? 'zh-Hans' : 'en-GB'
  return (
    <button
      type="button"
      className="button quiet"
      data-testid="language-toggle"
      aria-label={`${t('top.language')}: ${next === 'zh-Hans' ? '简体中文' : 'English'}`}
      onClick={() => language.set(next)}
    >
      <Languages size={17} aria-hidden />
      <span lang={next}>{next === 'zh-Hans' ? '中文' : 'EN'}</span>
    </button>
  )
}

export function ThemeToggle() {
  const t = useT()
  const dark = useDark()
  const next = dark ? t('top.themeLight') : t('top.themeDark')
  return (
    <button
      type="button"
      className="button quiet icon"
      data-testid="theme-toggle"
      aria-label={`${t('top.theme')}: ${next}`}
      title={`${t('top.theme')}: ${next}`}
      onClick={() => theme.set(dark ? 'light' : 'dark')}
    >
      {dark ? <Sun size={18} aria-hidden /> : <Moon size={18} aria-hidden />}
    </button>
  )
}

function UserMenu({ onHelp }: { onHelp: () => void }) {
  const t = useT()
  const client = useQueryClient()
  const session = useSession().data
  const chosen = usePreference(theme)
  const themes: [Theme, string][] = [
    ['system', t('top.themeSystem')],
    ['light', t('top.themeLight')],
    ['dark', t('top.themeDark')],
  ]
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger asChild>
        <button type="button" className="button quiet icon" aria-label={t('top.user')}>
          <CircleUser size={19} aria-hidden />
        </button>
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Content className="menu" align="end" sideOffset={6}>
          <Menu.Label className="menu-label">
            {session?.username}
            {session?.role && ` · ${t(`role.${session.role}`)}`}
          </Menu.Label>
          <div className="menu-line" />
          <Menu.Label className="menu-label">{t('top.theme')}</Menu.Label>
          <Menu.RadioGroup value={chosen} onValueChange={(value) => theme.set(value as Theme)}>
            {themes.map(([value, label]) => (
              <Menu.RadioItem key={value} value={value} className="menu-item">
                <span className="menu-check">
                  <Menu.ItemIndicator>
                    <Check size={15} aria-hidden />
                  </Menu.ItemIndicator>
                </span>
                {label}
              </Menu.RadioItem>
            ))}
          </Menu.RadioGroup>
          <div className="menu-line" />
          <Menu.Item className="menu-item" onSelect={onHelp}>
            <Keyboard size={16} aria-hidden />
            {t('top.keys')}
          </Menu.Item>
          <Menu.Item className="menu-item" onSelect={() => void signOut(client)}>
            <LogOut size={16} aria-hidden />
            {t('top.logout')}
          </Menu.Item>
        </Menu.Content>
      </Menu.Portal>
    </Menu.Root>
  )
}

export function TopBar({ sites, onHelp }: { sites: Site[]; onHelp: () => void }) {
  const t = useT()
  return (
    <header className="topbar">
      <Link to="/" className="brand" aria-label={t('app.title')}>
        <img src={mark} alt="" />
        <span>{t('app.title')}</span>
      </Link>
      <SitePicker sites={sites} />
      <nav className="nav" aria-label={t('nav.label')}>
        <Link
          to="/"
          activeOptions={{ exact: true, includeSearch: false }}
          data-testid="nav-overview"
        >
          <LayoutDashboard size={17} aria-hidden />
          <span>{t('nav.overview')}</span>
        </Link>
        <Link to="/chargers" activeOptions={{ includeSearch: false }} data-testid="nav-chargers">
          <EvCharger size={17} aria-hidden />
          <span>{t('nav.chargers')}</span>
        </Link>
      </nav>
      <span className="fill" />
      <LivePill />
      <SiteClock />
      <div className="top-actions">
        <AlarmBell />
        <LanguageToggle />
        <ThemeToggle />
        <UserMenu onHelp={onHelp} />
      </div>
    </header>
  )
}
