/** What an instruction asked for and what the site meter delivered, minute by minute. */

import { formatEnergy, formatPercent, formatPower } from '@/lib/format'
import { useT } from '@/lib/i18n'
import { useDelivery } from '@/lib/queries'
import { useSite } from '@/lib/site'
import { formatTime } from '@/lib/time'
import type { DeliveryRow } from '@/lib/types'
import { Loadable } from './Card'

const HEIGHT = 64

const power = (wh: number, row: DeliveryRow) => (wh * 3600) / row.duration_s

/** Energies of all measured minutes, and their ratio where it is one that says something. */
export function totals(all: readonly DeliveryRow[]) {
  const rows = all.filter((row) => row.reading_count > 0)
  const requested_wh = rows.reduce((sum, row) => sum + row.requested_wh, 0)
  const delivered_wh = rows.reduce((sum, row) => sum + row.delivered_wh, 0)
  const ratio = Math.abs(requested_wh) < 1 ? null : delivered_wh / requested_wh
  return {
    requested_wh,
    delivered_wh,
    ratio: ratio !== null && ratio >= 0 && ratio <= 2 ? ratio : null,
  }
}

function Bars({ rows, zone }: { rows: readonly DeliveryRow[]; zone: string }) {
  const t = useT()
  const sizes = rows.flatMap((row) => [power(row.requested_wh, row), power(row.delivered_wh, row)])
  const high = Math.max(0, ...sizes)
  const low = Math.min(0, ...sizes)
  const scale = HEIGHT / Math.max(high - low, 1)
  const y = (value: number) => (high - value) * scale
  const step = Math.min(14, 100 / Math.max(rows.length, 8))
  return (
    <svg
      className="delivery"
      viewBox={`0 -1 100 ${HEIGHT + 2}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={t('signal.delivery')}
    >
      {rows.map((row, index) => {
        const delivered = power(row.delivered_wh, row)
        const requested = power(row.requested_wh, row)
        const x = index * step
        return (
          <g key={row.starts_at}>
            <title>
              {formatTime(row.starts_at, zone)}: {t('signal.delivered')} {formatPower(delivered)},{' '}
              {t('signal.requested')} {formatPower(requested)}
            </title>
            <rect
              className={row.complete ? 'bar' : 'bar partial'}
              x={x + step * 0.12}
              width={step * 0.76}
              y={Math.min(y(0), y(delivered))}
              height={Math.max(0.5, Math.abs(delivered) * scale)}
            />
            <line className="asked" x1={x} x2={x + step} y1={y(requested)} y2={y(requested)} />
          </g>
        )
      })}
      <line className="zero" x1="0" x2="100" y1={y(0)} y2={y(0)} />
    </svg>
  )
}

/** As far as it is told at `status`; the last minutes come when the signal is settled. */
export function Delivery({ signalId, status }: { signalId: string; status: string }) {
  const site = useSite()
  const query = useDelivery(site.site_id, signalId, status)
  return <Loadable query={query}>{({ minutes }) => <Minutes minutes={minutes} />}</Loadable>
}

function Minutes({ minutes }: { minutes: readonly DeliveryRow[] }) {
  const t = useT()
  const site = useSite()
  if (minutes.length === 0) return <p className="hint">{t('signal.noDelivery')}</p>
  const { requested_wh, delivered_wh, ratio } = totals(minutes)
  return (
    <div className="delivery-box">
      <div className="delivery-head">
        <h3>{t('signal.delivery')}</h3>
        <span className="key">
          <i className="swatch-bar" aria-hidden /> {t('signal.delivered')}
        </span>
        <span className="key">
          <i className="swatch-line" aria-hidden /> {t('signal.requested')}
        </span>
        <span className="fill" />
        <span>
          {t('signal.energy', {
            delivered: formatEnergy(delivered_wh),
            requested: formatEnergy(requested_wh),
          })}{' '}
          {ratio !== null && <b>{formatPercent(ratio * 100, 1)}</b>}
        </span>
      </div>
      <Bars rows={minutes.slice(-60)} zone={site.time_zone} />
      {minutes.some((row) => !row.complete) && <p className="hint">{t('signal.incomplete')}</p>}
    </div>
  )
}
