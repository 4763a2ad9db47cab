/** The five figures an operator looks at first. */

import type { ReactNode } from 'react'
import { evseState } from '@/lib/evse'
import { formatMagnitude, powerQuantity, STILL_W } from '@/lib/format'
import { useT } from '@/lib/i18n'
import { useEvses, useVehicles } from '@/lib/queries'
import { usePower, useSite } from '@/lib/site'
import { surplus } from '@/lib/surplus'
import { useOpenAlarms } from './Alarms'
import { useStalePower } from './LivePill'

interface KpiProps {
  label: string
  value: ReactNode
  unit?: string
  note: string
  tone?: string
  mark?: string
  testId: string
}

function Kpi({ label, value, unit, note, tone = '', mark, testId }: KpiProps) {
  const stale = useStalePower()
  return (
    <div className={`kpi ${tone}`} data-testid={testId}>
      <h2>{label}</h2>
      <p className={stale ? 'stale' : ''}>
        {mark && <i aria-hidden>{mark}</i>}
        <b>{value}</b>
        {unit && <span>{unit}</span>}
      </p>
      <small>{note}</small>
    </div>
  )
}

function PowerKpi(props: Omit<KpiProps, 'value' | 'unit'> & { power_w: number | null }) {
  const { power_w, ...rest } = props
  const { value, unit } = powerQuantity(power_w)
  return <Kpi {...rest} value={value} unit={unit} />
}

export function Kpis() {
  const t = useT()
  const site = useSite()
  const power = usePower()
  const evses = useEvses(site.site_id).data ?? []
  const vehicles = useVehicles(site.site_id).data
  const alarms = useOpenAlarms()
  const surplus_w = surplus(power)
  const states = evses.map(evseState)
  const count = (state: string) => states.filter((each) => each === state).length
  const leaving = vehicles?.filter((vehicle) => vehicle.plugged_in && vehicle.departure_at) ?? []
  const risky = leaving.filter((vehicle) => vehicle.ready === 'at_risk').length
  const faults = count('faulted')
  const charge_w = power?.fleet_charge_w ?? null
  const discharge_w = power?.fleet_discharge_w ?? null
  return (
    <section className="kpis">
      <PowerKpi
        testId="kpi-surplus"
        label={t('kpi.surplus')}
        power_w={surplus_w === null ? null : Math.max(0, surplus_w)}
        note={
          surplus_w !== null && surplus_w < 0
            ? t('kpi.noSurplus', { power: formatMagnitude(surplus_w) })
            : t('kpi.surplusNote')
        }
      />
      <PowerKpi
        testId="kpi-charging"
        label={t('kpi.charging')}
        power_w={charge_w}
        mark={(charge_w ?? 0) >= STILL_W ? '▲' : undefined}
        tone="charge"
        note={t.n('kpi.chargingNote', count('charging'))}
      />
      <PowerKpi
        testId="kpi-discharging"
        label={t('kpi.discharging')}
        power_w={discharge_w}
        mark={(discharge_w ?? 0) >= STILL_W ? '▼' : undefined}
        tone="discharge"
        note={t.n('kpi.chargingNote', count('discharging'))}
      />
      <Kpi
        testId="kpi-at-risk"
        label={t('kpi.atRisk')}
        value={vehicles ? risky : '–'}
        tone={risky > 0 ? 'bad' : ''}
        mark={risky > 0 ? '!' : undefined}
        note={t.n('kpi.atRiskNote', leaving.length)}
      />
      <Kpi
        testId="kpi-alarms"
        label={t('kpi.alarms')}
        value={alarms.length}
        tone={alarms.length > 0 ? 'bad' : ''}
        mark={alarms.length > 0 ? '!' : undefined}
        note={t.n('kpi.faultsNote', faults)}
      />
    </section>
  )
}
