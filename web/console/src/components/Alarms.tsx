/** Open alarms, the worst first. */

import { Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import { alarmSentence, alarmTitle } from '@/lib/alarm'
import { useT } from '@/lib/i18n'
import { useNow, useSite } from '@/lib/site'
import { useLive } from '@/lib/stream'
import { formatWhen } from '@/lib/time'
import type { Alarm } from '@/lib/types'
import { Card, Note } from './Card'
import { SeverityPill } from './StatePill'

const RANK: Record<string, number> = { critical: 0, error: 1, warning: 2, info: 3 }

export function bySeverity(a: Alarm, b: Alarm): number {
  const rank = (alarm: Alarm) => RANK[alarm.severity] ?? 9
  return rank(a) - rank(b) || b.raised_at.localeCompare(a.raised_at)
}

export function AlarmList({ alarms, most }: { alarms: readonly Alarm[]; most: number }) {
  const t = useT()
  const site = useSite()
  const now = useNow()
  if (alarms.length === 0) return <Note>{t('alarm.empty')}</Note>
  const shown = [...alarms].sort(bySeverity).slice(0, most)
  return (
    <ul className="alarms">
      {shown.map((alarm) => (
        <li key={alarm.alarm_id}>
          <SeverityPill severity={alarm.severity} />
          <p>
            {alarm.station_id && (
              <Link
                to="/chargers/$stationId"
                params={{ stationId: alarm.station_id }}
                className="link"
              >
                {alarm.station_id}
              </Link>
            )}{' '}
            <b>{alarmTitle(t, alarm)}</b>{' '}
            <span className="hint nowrap">
              {formatWhen(alarm.raised_at, now, site.time_zone, t.language)}
            </span>
            <span className="hint block">{alarmSentence(t, alarm, now, site.time_zone)}</span>
          </p>
        </li>
      ))}
      {alarms.length > most && <li className="hint">{t.n('alarm.more', alarms.length - most)}</li>}
    </ul>
  )
}

/** Open alarms of the site on screen, and those of no site. */
export function useOpenAlarms(): Alarm[] {
  const { site_id } = useSite()
  const all = useLive((live) => live.alarms)
  return useMemo(
    () => all.filter((alarm) => alarm.site_id === null || alarm.site_id === site_id),
    [all, site_id],
  )
}

export function AlarmsCard() {
  const t = useT()
  const alarms = useOpenAlarms()
  return (
    <Card title={t('alarm.title')}>
      <AlarmList alarms={alarms} most={6} />
    </Card>
  )
}
