/** Power now: the diagram, the circuits' load, and what the controller is doing. */

import { evseState } from '@/lib/evse'
import { formatPower } from '@/lib/format'
import { isKey, type Translate, useT } from '@/lib/i18n'
import { useEvses } from '@/lib/queries'
import { signed } from '@/lib/signals'
import { usePower, useSite } from '@/lib/site'
import type { SitePower } from '@/lib/types'
import { Bar } from './Bar'
import { Card, Note } from './Card'
import { useStalePower } from './LivePill'
import { PowerFlow } from './PowerFlow'

/** How the controller words a correction: "store -12.0 kW". */
const MOVED = /^(store|fleet) ([+-]\d+(?:\.\d+)?) kW$/
const NEARLY_FULL = 0.97

const TONES: Record<string, string> = {
  limit: 'warn',
  instruction: 'charge',
  stale: 'bad',
  worst_case: 'bad',
}

function Circuits({ power }: { power: SitePower }) {
  const t = useT()
  if (power.circuits.length === 0) return null
  return (
    <div className="circuits">
      <h3>{t('flow.circuits')}</h3>
      {power.circuits.map((circuit) => {
        const ratio = Math.abs(circuit.power_w ?? 0) / Math.max(1, circuit.limit_w)
        return (
          <div key={circuit.circuit_id} className="circuit">
            <span className="mono">{circuit.circuit_id}</span>
            <Bar ratio={ratio} full={ratio > NEARLY_FULL} />
            <span className="num">
              {formatPower(circuit.power_w)} / {formatPower(circuit.limit_w)}
            </span>
          </div>
        )
      })}
    </div>
  )
}

/** A line of the controller in the reader's language where the console knows its code. */
export function explained(t: Translate, line: { code: string; detail: string }): string {
  const [bound, id] = line.code.split(':')
  const key = `bound.${bound}`
  const moved = MOVED.exec(line.detail)
  if (!isKey(key) || !moved) return line.detail || line.code
  const [, actuator, kilowatts] = moved
  return t('acted.sentence', {
    actuator: t(actuator === 'store' ? 'actuator.store' : 'actuator.fleet'),
    power: signed(Number(kilowatts) * 1000),
    bound: t(key, { id: id ?? '' }),
  })
}

function Controller({ power }: { power: SitePower }) {
  const t = useT()
  const mode = `mode.${power.mode}`
  return (
    <div className="controller">
      <h3>{t('flow.mode')}</h3>
      <p>
        {power.mode && (
          <span className={`pill ${TONES[power.mode] ?? 'good'}`}>
            {isKey(mode) ? t(mode) : power.mode}
          </span>
        )}{' '}
        <span className="hint">
          {t('flow.boundImport', { power: formatPower(power.import_bound_w) })} ·{' '}
          {t('flow.boundExport', { power: formatPower(power.export_bound_w) })}
          {power.target_grid_w != null &&
            ` · ${t('flow.target', { power: formatPower(power.target_grid_w) })}`}
        </span>
      </p>
      {power.explanation.map((line) => (
        <p key={`${line.code}${line.detail}`} className="hint">
          {explained(t, line)}
        </p>
      ))}
    </div>
  )
}

export function FlowCard() {
  const t = useT()
  const site = useSite()
  const power = usePower()
  const evses = useEvses(site.site_id).data ?? []
  const stale = useStalePower()
  const moving = evses.filter((evse) => ['charging', 'discharging'].includes(evseState(evse)))
  return (
    <Card title={t('flow.title')} className={stale ? 'flow-card is-stale' : 'flow-card'}>
      {power?.at ? (
        <>
          <PowerFlow power={power} charging={moving.length} />
          <Circuits power={power} />
          <Controller power={power} />
        </>
      ) : (
        <Note>{t('flow.empty')}</Note>
      )}
    </Card>
  )
}
