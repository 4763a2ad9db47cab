/** One charger now: power over time against its setpoint, the profile in force and why, its energies. */

import { useMemo, useState } from 'react'
import { powerIsOld } from '@/lib/evse'
import { formatEnergy, formatMagnitude, formatPercent, formatPower } from '@/lib/format'
import { useT } from '@/lib/i18n'
import { evseKey } from '@/lib/live'
import { usePlan, useReadings, useTransactions } from '@/lib/queries'
import { useNow, useSite } from '@/lib/site'
import { formatDay, formatTime, formatWhen } from '@/lib/time'
import type { Evse, EvsePlan, Plan, Readings, Station, Transaction } from '@/lib/types'
import { whySentence } from '@/lib/why'
import { Loadable, Note, ProblemNote } from './Card'
import { type ChartTable, ChartTools, DataTable } from './ChartData'
import { DriverWishes } from './DriverWishes'
import { Facts } from './Facts'
import { SignedPower } from './SignedPower'
import { StatusPill } from './StatePill'
import { type ChartSeries, TimeChart } from './TimeChart'

const PAST_H = 3
const AHEAD_H = 3

type Setpoints = ReadonlyMap<number, number>

/** Setpoints seen while the page is open, by time, so that the past shows what was asked for. */
const seen = new Map<string, Map<number, number>>()
const SEEN_MAX = 2000

function rememberSetpoint(evse: Evse, nowMs: number): Setpoints {
  const key = evseKey(evse)
  const before = seen.get(key) ?? new Map<number, number>()
  seen.set(key, before)
  if (evse.setpoint_w !== null && !before.has(nowMs)) before.set(nowMs, evse.setpoint_w)
  if (before.size > SEEN_MAX) before.delete(before.keys().next().value as number)
  return before
}

function plannedSeries(
  plan: Plan | undefined,
  own: EvsePlan | undefined,
  past: Setpoints,
  nowMs: number,
) {
  const points = [...past].filter(([at]) => at <= nowMs)
  if (plan && own) {
    const start = Date.parse(plan.starts_at)
    own.setpoint_w.forEach((power_w, slot) => {
      const at = start + slot * plan.slot_s * 1000
      const ends = at + plan.slot_s * 1000
      if (ends > nowMs) points.push([Math.max(at, nowMs + 1000), power_w])
    })
  }
  points.sort(([a], [b]) => a - b)
  return { at: points.map(([at]) => at / 1000), values: points.map(([, power_w]) => power_w) }
}

function meteredSeries(readings: Readings | undefined, evse: Evse) {
  const at = (readings?.at ?? []).map((time) => Date.parse(time) / 1000)
  const values = [...(readings?.power_w ?? [])]
  const newest = evse.power_at ? Date.parse(evse.power_at) / 1000 : 0
  if (newest > (at.at(-1) ?? 0)) {
    at.push(newest)
    values.push(evse.power_w)
  }
  return { at, values }
}

function PowerChart({ evse }: { evse: Evse }) {
  const t = useT()
  const site = useSite()
  const nowIso = useNow()
  const nowMs = Date.parse(nowIso)
  const readings = useReadings(evse, nowIso, PAST_H)
  const plan = usePlan(site.site_id).data?.plan
  const own = plan?.evses.find((each) => evseKey(each) === evseKey(evse))
  const [asTable, setAsTable] = useState(false)
  const past = rememberSetpoint(evse, nowMs)
  // The remembered setpoints grow in place; `nowMs` tells when.
  const series = useMemo((): ChartSeries[] => {
    const planned = plannedSeries(plan, own, past, nowMs)
    const color = evse.power_w !== null && evse.power_w < 0 ? 'discharge' : 'charge'
    return [
      { label: t('detail.planned'), color: 'grid', planned: true, ...planned },
      { label: t('detail.metered'), color, ...meteredSeries(readings.data, evse) },
    ]
  }, [plan, own, past, nowMs, readings.data, evse, t])
  const table = (): ChartTable => ({
    at: series[1]?.at ?? [],
    columns: [{ name: 'power_w', label: t('detail.metered'), values: series[1]?.values ?? [] }],
  })
  const limits = [evse.max_charge_w ?? 0, -(evse.max_discharge_w ?? 0)].filter((w) => w !== 0)
  if (readings.error && !readings.data)
    return <ProblemNote error={readings.error} retry={() => readings.refetch()} />
  return (
    <section className="chart-box">
      <div className="chart-tools">
        <ChartTools
          file={`${evse.station_id}-power.csv`}
          table={table}
          asTable={asTable}
          onToggle={() => setAsTable(!asTable)}
        />
      </div>
      {asTable ? (
        <DataTable table={table()} zone={site.time_zone} />
      ) : (
        <TimeChart
          title={t('detail.chart')}
          series={series}
          zone={site.time_zone}
          from={nowMs / 1000 - PAST_H * 3600}
          to={nowMs / 1000 + AHEAD_H * 3600}
          now={nowMs / 1000}
          limits={limits}
          height={190}
          showTimes
        />
      )}
      {readings.data?.at.length === 0 && <p className="hint">{t('detail.chartEmpty')}</p>}
    </section>
  )
}

function Profile({ evse, station }: { evse: Evse; station: Station }) {
  const t = useT()
  const site = useSite()
  const now = useNow()
  const until = evse.setpoint_until
  const leased = evse.setpoint_w !== null && until !== null && Date.parse(until) > Date.parse(now)
  return (
    <section>
      <h3>{t('detail.profile')}</h3>
      {leased ? (
        <Facts
          rows={[
            [t('detail.setpoint'), <SignedPower key="w" power_w={evse.setpoint_w} />],
            [t('detail.lease'), formatTime(evse.setpoint_until, site.time_zone, true)],
            [
              t('detail.status'),
              evse.setpoint_status ? (
                <StatusPill key="s" prefix="detail.setpoint" status={evse.setpoint_status} />
              ) : (
                '–'
              ),
            ],
            [t('detail.composite'), formatPower(evse.composite_w)],
            [t('detail.floor'), formatPower(station.floor_w)],
          ]}
        />
      ) : (
        <p className="hint">{t('detail.noProfile', { power: formatPower(station.floor_w) })}</p>
      )}
    </section>
  )
}

function TransactionFacts({ transaction }: { transaction: Transaction }) {
  const t = useT()
  const site = useSite()
  const now = useNow()
  const state = transaction.charging_state
  return (
    <Facts
      rows={[
        [t('detail.started'), formatWhen(transaction.started_at, now, site.time_zone, t.language)],
        [t('detail.imported'), `▲ ${formatEnergy(transaction.imported_wh)}`],
        [t('detail.exported'), `▼ ${formatEnergy(transaction.exported_wh)}`],
        [t('detail.chargingState'), <code key="s">{state ?? '–'}</code>],
        [t('detail.idToken'), <code key="i">{transaction.id_token ?? '–'}</code>],
        [t('detail.events'), transaction.event_count],
      ]}
    />
  )
}

function OpenTransaction({ evse }: { evse: Evse }) {
  const t = useT()
  const query = useTransactions(evse.station_id)
  const open = query.data?.find((each) => each.transaction_id === evse.transaction_id)
  return (
    <section>
      <h3>{t('detail.transaction')}</h3>
      {evse.transaction_id ? (
        <Loadable query={{ ...query, data: open }}>
          {(transaction) => <TransactionFacts transaction={transaction} />}
        </Loadable>
      ) : (
        <Note>{t('detail.noTransaction')}</Note>
      )}
    </section>
  )
}

function Headline({ evse }: { evse: Evse }) {
  const t = useT()
  const site = useSite()
  const now = useNow()
  return (
    <div className="headline">
      <div>
        <h3>{t('detail.power')}</h3>
        <p>
          <SignedPower power_w={evse.power_w} stale={powerIsOld(evse, now)} />
        </p>
        <small>
          {evse.power_at &&
            t('common.asOf', { time: formatTime(evse.power_at, site.time_zone, true) })}
        </small>
      </div>
      <div>
        <h3>{t('detail.soc')}</h3>
        <p>{formatPercent(evse.soc_pct)}</p>
        <small>{evse.vehicle_id ?? t('common.none')}</small>
      </div>
      <div>
        <h3>{t('detail.leaves')}</h3>
        <p>{formatTime(evse.departure_at, site.time_zone)}</p>
        <small>
          {evse.departure_at && formatDay(evse.departure_at, site.time_zone, t.language)}
        </small>
      </div>
    </div>
  )
}

export function ChargerLive({ station, evse }: { station: Station; evse: Evse }) {
  const t = useT()
  const site = useSite()
  const now = useNow()
  return (
    <div className="panel-body">
      <Headline evse={evse} />
      <p className="why-line" data-testid="why-sentence">
        {evse.transaction_id || evse.why
          ? whySentence(t, evse.why, site.time_zone, now)
          : t('why.free')}
        {t('common.stop')}
      </p>
      {evse.vehicle_id && <DriverWishes key={evse.vehicle_id} vehicleId={evse.vehicle_id} />}
      <PowerChart evse={evse} />
      <div className="two">
        <Profile evse={evse} station={station} />
        <OpenTransaction evse={evse} />
      </div>
      <section>
        <h3>{t('detail.registers')}</h3>
        <Facts
          rows={[
            [t('detail.registerImport'), `▲ ${formatEnergy(evse.import_wh)}`],
            [t('detail.registerExport'), `▼ ${formatEnergy(evse.export_wh)}`],
            [
              t('detail.hardware'),
              t('detail.maxima', {
                charge: formatMagnitude(evse.max_charge_w),
                discharge: formatMagnitude(evse.max_discharge_w),
              }),
            ],
            [t('detail.connector'), <code key="o">{evse.status ?? '–'}</code>],
          ]}
        />
      </section>
    </div>
  )
}
