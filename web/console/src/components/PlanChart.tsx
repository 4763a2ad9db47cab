/** Plan against actual over 24 h: grid, store and fleet, each on its own scale, one time axis. */

import { RotateCw } from 'lucide-react'
import { useMemo, useState } from 'react'
import { post } from '@/lib/api'
import { formatNumber, formatPrice } from '@/lib/format'
import { isKey, useT } from '@/lib/i18n'
import { drivers, slotAt } from '@/lib/plan'
import { type PlannedSite, type SitePlan, useHistory, usePlan, useSignals } from '@/lib/queries'
import { useMay } from '@/lib/session'
import { useNow, useSite } from '@/lib/site'
import { useLive } from '@/lib/stream'
import { formatWhen } from '@/lib/time'
import type { Plan, PowerHistory, SitePower } from '@/lib/types'
import { whyShort } from '@/lib/why'
import { Card, Note, ProblemNote } from './Card'
import { type ChartTable, ChartTools, DataTable } from './ChartData'
import { type Band, type ChartSeries, TimeChart } from './TimeChart'

const HALF_SPAN_H = 12
const GONE = ['cancelled', 'superseded']
/** A part of every slot, so that what was measured stands in the table beside what was planned. */
const STEP_S = 150
const SLOT_S = 900
const NO_SAMPLES: readonly SitePower[] = []

type Quantity = keyof PlannedSite

interface Actual {
  at: number[]
  grid_w: (number | null)[]
  store_w: (number | null)[]
  fleet_w: (number | null)[]
}

const less = (a: number | null | undefined, b: number | null | undefined) =>
  a == null && b == null ? null : (a ?? 0) - (b ?? 0)

/** History with the samples that came after it. */
function actualOf(history: PowerHistory | undefined, recent: readonly SitePower[]): Actual {
  const actual: Actual = {
    at: (history?.at ?? []).map((at) => Date.parse(at) / 1000),
    grid_w: [...(history?.grid_w ?? [])],
    store_w: [...(history?.store_w ?? [])],
    fleet_w: (history?.fleet_charge_w ?? []).map((charge_w, index) =>
      less(charge_w, history?.fleet_discharge_w[index]),
    ),
  }
  let last = actual.at.at(-1) ?? 0
  for (const sample of recent) {
    const at = sample.at ? Date.parse(sample.at) / 1000 : 0
    if (at < last + STEP_S / 2) continue
    last = at
    actual.at.push(at)
    actual.grid_w.push(sample.grid_w)
    actual.store_w.push(sample.store_w)
    actual.fleet_w.push(less(sample.fleet_charge_w, sample.fleet_discharge_w))
  }
  return actual
}

function plannedOf(loaded: SitePlan | null): { at: number[]; of: (q: Quantity) => number[] } {
  const entries = [...(loaded?.memory ?? [])].sort(([a], [b]) => a - b)
  const end = entries.at(-1)
  if (end && loaded) entries.push([end[0] + loaded.plan.slot_s * 1000, end[1]])
  return {
    at: entries.map(([at]) => at / 1000),
    of: (quantity) => entries.map(([, value]) => value[quantity]),
  }
}

function useSeries(loaded: SitePlan | null | undefined) {
  const t = useT()
  const site = useSite()
  const history = useHistory(site, HALF_SPAN_H, STEP_S)
  const recent = useLive((live) => live.recent[site.site_id]) ?? NO_SAMPLES
  const series = useMemo(() => {
    const actual = actualOf(history.data, recent)
    const planned = plannedOf(loaded ?? null)
    const make = (quantity: Quantity, color: string): ChartSeries[] => [
      {
        label: t('plan.planned'),
        color,
        planned: true,
        at: planned.at,
        values: planned.of(quantity),
      },
      { label: t('plan.actual'), color, at: actual.at, values: actual[quantity] },
    ]
    return {
      grid: make('grid_w', 'grid'),
      store: make('store_w', 'store'),
      fleet: make('fleet_w', 'charge'),
    }
  }, [history.data, recent, loaded, t])
  return { series, history }
}

/** Windows of the grid signals that were not cancelled. */
function useSignalBands(): Band[] {
  const { site_id } = useSite()
  const signals = useSignals(site_id).data
  return useMemo(
    () =>
      (signals ?? [])
        .filter((signal) => !GONE.includes(signal.status))
        .map((signal) => ({
          from: Date.parse(signal.starts_at) / 1000,
          to: Date.parse(signal.ends_at) / 1000,
        })),
    [signals],
  )
}

/** What the plan does in this slot, and mostly why. */
function NowSentence({ plan, nowMs }: { plan: Plan; nowMs: number }) {
  const t = useT()
  const slot = slotAt(plan, nowMs)
  if (slot === null) return null
  const { charging, discharging, waiting, reasons } = drivers(plan, slot)
  const parts = [
    charging > 0 && t.n('plan.charging', charging),
    discharging > 0 && t.n('plan.discharging', discharging),
    waiting > 0 && t.n('plan.waiting', waiting),
  ].filter((part) => part !== false)
  if (parts.length === 0) parts.push(t('plan.nobody'))
  const reason = reasons.find(({ code }) => code !== 'nothing_to_do')
  if (reason) parts.push(t('plan.mostly', { reason: whyShort(t, reason.code) }))
  parts.push(t('plan.price', { price: formatPrice(plan.series.import_gbp_per_kwh[slot]) }))
  const separator = t.language === 'zh-Hans' ? '，' : ', '
  return (
    <p className="why-line" data-testid="plan-why">
      {t('plan.whyNow', { parts: parts.join(separator) })}
    </p>
  )
}

function PlanFacts({ plan }: { plan: Plan }) {
  const t = useT()
  const site = useSite()
  const now = useNow()
  const status = `plan.${plan.status}`
  const time = formatWhen(plan.made_at, now, site.time_zone, t.language)
  return (
    <span className={plan.status === 'fallback' ? 'hint error' : 'hint'}>
      {t('plan.version', { version: plan.version, time })} ·{' '}
      {isKey(status) ? t(status) : plan.status} ·{' '}
      {t('plan.solved', { time: `${formatNumber(plan.solve_s, 2)} s` })}
    </span>
  )
}

function ReplanButton({ siteId }: { siteId: string }) {
  const t = useT()
  const may = useMay('operator')
  const [said, setSaid] = useState('')
  if (!may) return null
  const ask = () =>
    post(`/sites/${siteId}/replan`, {}).then(
      () => setSaid(t('plan.replanDone')),
      (error: Error) => setSaid(error.message),
    )
  return (
    <>
      <span className="hint" role="status">
        {said}
      </span>
      <button type="button" className="button small" onClick={ask}>
        <RotateCw size={14} aria-hidden />
        {t('plan.replan')}
      </button>
    </>
  )
}

export function PlanCard() {
  const t = useT()
  const site = useSite()
  const nowMs = Date.parse(useNow())
  const query = usePlan(site.site_id)
  const { series, history } = useSeries(query.data)
  const [asTable, setAsTable] = useState(false)
  const plan = query.data?.plan
  const span = { from: nowMs / 1000 - HALF_SPAN_H * 3600, to: nowMs / 1000 + HALF_SPAN_H * 3600 }
  const shared = { zone: site.time_zone, now: nowMs / 1000, ...span, syncKey: 'plan' }
  const bounds = [site.import_limit_w - site.margin_w, -(site.export_limit_w - site.margin_w)]
  const bands = useSignalBands()
  const nothing = query.data === null && history.data?.at.length === 0
  const loading = query.isPending || history.isPending
  const failed = [query, history].find((each) => each.error && each.data === undefined)
  const table = () => tableOf(series, t)
  return (
    <Card
      title={t('plan.title')}
      className="plan-card"
      actions={
        <>
          {plan && <PlanFacts plan={plan} />}
          <ChartTools
            file={`${site.site_id}-plan.csv`}
            table={table}
            asTable={asTable}
            onToggle={() => setAsTable(!asTable)}
          />
          <ReplanButton siteId={site.site_id} />
        </>
      }
    >
      {plan && <NowSentence plan={plan} nowMs={nowMs} />}
      {failed && <ProblemNote error={failed.error} retry={() => failed.refetch()} />}
      {loading && !failed && <Note>{t('common.loading')}</Note>}
      {query.data === null && <Note>{t('plan.empty')}</Note>}
      {asTable && <DataTable table={table()} zone={site.time_zone} />}
      {!asTable && !nothing && (
        <>
          <TimeChart
            {...shared}
            title={t('plan.grid')}
            hint={t('plan.gridHint')}
            series={series.grid}
            limits={bounds}
            bands={bands}
            height={158}
          />
          {site.store && (
            <TimeChart
              {...shared}
              title={t('plan.store')}
              hint={t('plan.chargeHint')}
              series={series.store}
              limits={[site.store.max_charge_w, -site.store.max_discharge_w]}
              height={92}
            />
          )}
          <TimeChart
            {...shared}
            title={t('plan.fleet')}
            hint={t('plan.chargeHint')}
            series={series.fleet}
            limits={site.circuits.filter((c) => c.parent_id === null).map((c) => c.limit_w)}
            height={126}
            showTimes
          />
        </>
      )}
    </Card>
  )
}

type AllSeries = Record<'grid' | 'store' | 'fleet', ChartSeries[]>

/** Planned slots and measured steps side by side, on the times of either. */
function tableOf(series: AllSeries, t: ReturnType<typeof useT>): ChartTable {
  const times = new Set<number>()
  const lookups = (['grid', 'store', 'fleet'] as const).flatMap((name) =>
    series[name].map((one) => {
      const values = new Map(one.at.map((at, index) => [at, one.values[index] ?? null]))
      for (const at of one.at) if (at % SLOT_S === 0 || one.planned) times.add(at)
      const label = `${t(`plan.${name}`)}, ${one.label}`
      return { name: `${name}_${one.planned ? 'plan' : 'actual'}_w`, label, values }
    }),
  )
  const at = [...times].sort((a, b) => a - b)
  const columns = lookups.map(({ name, label, values }) => ({
    name,
    label,
    values: at.map((time) => values.get(time)),
  }))
  return { at, columns }
}
