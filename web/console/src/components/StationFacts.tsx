/** What a station is: hardware, connection, whether it may discharge, and its recent transactions. */

import { formatEnergy, formatPower } from '@/lib/format'
import { useT } from '@/lib/i18n'
import { useTransactions } from '@/lib/queries'
import { useNow, useSite } from '@/lib/site'
import { formatWhen } from '@/lib/time'
import type { Station } from '@/lib/types'
import { Loadable, Note } from './Card'
import { Facts } from './Facts'
import { ProposedQuirks } from './Quirks'

function RecentTransactions({ stationId }: { stationId: string }) {
  const t = useT()
  const site = useSite()
  const now = useNow()
  const query = useTransactions(stationId)
  const when = (at: string | null) => formatWhen(at, now, site.time_zone, t.language)
  return (
    <section>
      <h3>{t('detail.recent')}</h3>
      <Loadable query={query}>
        {(transactions) =>
          transactions.length === 0 ? (
            <Note>{t('detail.recentEmpty')}</Note>
          ) : (
            <table className="plain-table">
              <thead>
                <tr>
                  <th scope="col">{t('detail.started')}</th>
                  <th scope="col">{t('detail.vehicle')}</th>
                  <th scope="col" className="num">
                    ▲ {t('detail.imported')}
                  </th>
                  <th scope="col" className="num">
                    ▼ {t('detail.exported')}
                  </th>
                </tr>
              </thead>
              <tbody>
                {transactions.map((each) => (
                  <tr key={each.transaction_id}>
                    <td>
                      {when(each.started_at)}–{each.ended_at ? when(each.ended_at) : '…'}
                      {each.flags.length > 0 && (
                        <span className="hint"> {each.flags.join(', ')}</span>
                      )}
                    </td>
                    <td>{each.vehicle_id ?? each.id_token ?? '–'}</td>
                    <td className="num">{formatEnergy(each.imported_wh)}</td>
                    <td className="num">{formatEnergy(each.exported_wh)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Loadable>
    </section>
  )
}

export function StationFacts({ station }: { station: Station }) {
  const t = useT()
  const site = useSite()
  const now = useNow()
  const when = (at: string | null) => formatWhen(at, now, site.time_zone, t.language)
  const dialect = station.discharge_dialect
  const text = (value: string | null) => value ?? '–'
  return (
    <div className="panel-body">
      <Facts
        rows={[
          [t('detail.vendor'), text(station.vendor)],
          [t('detail.model'), text(station.model)],
          [t('detail.firmware'), text(station.firmware_version)],
          [t('detail.ocpp'), text(station.ocpp_version)],
          [t('detail.registration'), <code key="r">{text(station.registration_status)}</code>],
          [t('detail.circuit'), <code key="c">{text(station.circuit_id)}</code>],
          [t('detail.connectedAt'), when(station.connected_at)],
          [t('detail.lastSeen'), when(station.last_seen_at)],
          [
            t('detail.dialect'),
            dialect === 'none' ? t('detail.dialect.none') : t('detail.dialect.other', { dialect }),
          ],
          [t('detail.floor'), formatPower(station.floor_w)],
        ]}
      />
      {station.discharge_fault && (
        <p className="error">
          {t('detail.dischargeFault')}: {station.discharge_fault}
        </p>
      )}
      <ProposedQuirks stationId={station.station_id} />
      <RecentTransactions stationId={station.station_id} />
    </div>
  )
}
