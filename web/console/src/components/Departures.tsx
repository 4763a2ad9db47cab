/** The next departures: who leaves when, whether it will be ready, and why it charges as it does. */

import { Link } from '@tanstack/react-router'
import { formatEnergy, formatPercent } from '@/lib/format'
import { useT } from '@/lib/i18n'
import { evseKey } from '@/lib/live'
import { useVehicles } from '@/lib/queries'
import { useNow, useSite } from '@/lib/site'
import { useLive } from '@/lib/stream'
import { formatSpan, formatWhen } from '@/lib/time'
import type { Evse, Vehicle } from '@/lib/types'
import { fixSentence, whySentence } from '@/lib/why'
import { Bar } from './Bar'
import { Card, Loadable, Note } from './Card'
import { ReadyPill } from './StatePill'

const MOST = 10

type Leaving = Vehicle & {
  plugged_in: NonNullable<Vehicle['plugged_in']>
  departure_at: string
}

/** Plugged-in vehicles with a departure: the soonest first. */
export function leavingNext(vehicles: Vehicle[]): Leaving[] {
  return vehicles
    .filter((v): v is Leaving => v.plugged_in !== null && v.departure_at !== null)
    .sort(
      (a, b) =>
        a.departure_at.localeCompare(b.departure_at) || a.vehicle_id.localeCompare(b.vehicle_id),
    )
}

function EnergyCell({ vehicle, evse }: { vehicle: Leaving; evse: Evse | undefined }) {
  const t = useT()
  const soc_pct = evse?.soc_pct ?? vehicle.soc_pct
  if (soc_pct != null)
    return (
      <>
        <span className="soc">
          <Bar ratio={soc_pct / 100} />
          {formatPercent(soc_pct)}
        </span>
        {vehicle.target_soc_pct != null && (
          <span className="hint">
            {t('dep.target', { target: formatPercent(vehicle.target_soc_pct) })}
          </span>
        )}
      </>
    )
  if (vehicle.requested_wh == null) return <span className="muted">–</span>
  return <span>{t('dep.wants', { energy: formatEnergy(vehicle.requested_wh) })}</span>
}

function Row({ vehicle, evse }: { vehicle: Leaving; evse: Evse | undefined }) {
  const t = useT()
  const site = useSite()
  const now = useNow()
  const inMs = Date.parse(vehicle.departure_at) - Date.parse(now)
  const why = evse?.why ?? null
  return (
    <tr>
      <td>
        <Link
          to="/chargers/$stationId"
          params={{ stationId: vehicle.plugged_in.station_id }}
          className="link nowrap"
        >
          {vehicle.name ?? vehicle.vehicle_id}
        </Link>
        <span className="hint mono nowrap">{vehicle.plugged_in.station_id}</span>
      </td>
      <td className="nowrap">
        {formatWhen(vehicle.departure_at, now, site.time_zone, t.language)}
        <span className="hint">{inMs > 0 && t('dep.in', { span: formatSpan(t, inMs) })}</span>
      </td>
      <td className="nowrap">
        <EnergyCell vehicle={vehicle} evse={evse} />
      </td>
      <td>
        <ReadyPill ready={vehicle.ready} />
        {vehicle.ready === 'at_risk' && vehicle.shortfall_wh != null && (
          <span className="hint">
            {t('dep.shortfall', { energy: formatEnergy(vehicle.shortfall_wh) })}
          </span>
        )}
        {vehicle.fix && <span className="hint">{fixSentence(t, vehicle.fix)}</span>}
        {vehicle.ready === 'on_track' && vehicle.ready_at && (
          <span className="hint">
            {t('dep.readyAt', {
              time: formatWhen(vehicle.ready_at, now, site.time_zone, t.language),
            })}
          </span>
        )}
      </td>
      <td className="why-cell">{why && whySentence(t, why, site.time_zone, now)}</td>
    </tr>
  )
}

export function DeparturesCard() {
  const t = useT()
  const site = useSite()
  const query = useVehicles(site.site_id)
  const evses = useLive((live) => live.evses)
  return (
    <Card
      title={t('dep.title')}
      className="departures-card"
      actions={
        <Link to="/chargers" className="button quiet small">
          {t('dep.all')}
        </Link>
      }
    >
      <Loadable query={query}>
        {(vehicles) => {
          const leaving = leavingNext(vehicles)
          if (leaving.length === 0) return <Note>{t('dep.empty')}</Note>
          return (
            <table className="departures">
              <thead>
                <tr>
                  <th scope="col">{t('dep.vehicle')}</th>
                  <th scope="col">{t('dep.departs')}</th>
                  <th scope="col">{t('dep.energy')}</th>
                  <th scope="col">{t('dep.ready')}</th>
                  <th scope="col">{t('col.why')}</th>
                </tr>
              </thead>
              <tbody>
                {leaving.slice(0, MOST).map((vehicle) => (
                  <Row
                    key={vehicle.vehicle_id}
                    vehicle={vehicle}
                    evse={evses.get(evseKey(vehicle.plugged_in))}
                  />
                ))}
              </tbody>
              {leaving.length > MOST && (
                <tfoot>
                  <tr>
                    <td colSpan={5} className="hint">
                      {t.n('dep.more', leaving.length - MOST)}
                    </td>
                  </tr>
                </tfoot>
              )}
            </table>
          )
        }}
      </Loadable>
    </Card>
  )
}
