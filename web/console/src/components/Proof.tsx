/** What an EVSE did with its orders: planned, sent, confirmed and metered, five minutes a row. */

import { useState } from 'react'
import { formatEnergy, formatPower } from '@/lib/format'
import { useT } from '@/lib/i18n'
import { asked, FILTERS, type Filter, filterKey, meteredW, uncertainW } from '@/lib/proof'
import { useProof } from '@/lib/queries'
import { useNow, useSite } from '@/lib/site'
import { formatTime, formatWhen } from '@/lib/time'
import type { Evse, Proof as Row } from '@/lib/types'
import { Loadable, Note } from './Card'
import { SignedPower } from './SignedPower'
import { DeviationPill } from './StatePill'

function ProofRow({ row }: { row: Row }) {
  const t = useT()
  const site = useSite()
  const now = useNow()
  const { most_w, least_w } = uncertainW(row)
  const worst = t('proof.worst', { most: formatPower(most_w), least: formatPower(least_w) })
  const partial = row.duration_s < 300
  return (
    <tr data-testid={`proof-${row.deviation}`}>
      <td className="nowrap" title={formatWhen(row.starts_at, now, site.time_zone, t.language)}>
        {formatTime(row.starts_at, site.time_zone)}
        {partial && <span className="hint"> {t('proof.part', { seconds: row.duration_s })}</span>}
      </td>
      <td className="num">{row.planned_w === null ? '–' : formatPower(row.planned_w)}</td>
      <td className="num">{formatPower(row.sent_w)}</td>
      <td className="num">{formatPower(row.confirmed_w)}</td>
      <td className="num">{row.composite_w === null ? '–' : formatPower(row.composite_w)}</td>
      <td
        className="num"
        title={`${worst} ▲ ${formatEnergy(row.import_wh)} ▼ ${formatEnergy(row.export_wh)}`}
      >
        <SignedPower power_w={meteredW(row)} />
      </td>
      <td>
        <DeviationPill deviation={row.deviation} />
      </td>
    </tr>
  )
}

const HEADS = ['planned', 'sent', 'confirmed', 'composite', 'metered'] as const

function Rows({ rows }: { rows: readonly Row[] }) {
  const t = useT()
  return (
    <table className="plain-table proof-table">
      <thead>
        <tr>
          <th scope="col">{t('proof.from')}</th>
          {HEADS.map((head) => (
            <th scope="col" className="num" key={head}>
              {t(`proof.${head}`)}
            </th>
          ))}
          <th scope="col">{t('proof.outcome')}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <ProofRow key={`${row.starts_at}${row.transaction_id}`} row={row} />
        ))}
      </tbody>
    </table>
  )
}

export function Proof({ evse }: { evse: Evse }) {
  const t = useT()
  const site = useSite()
  const [filter, setFilter] = useState<Filter>('all')
  const query = useProof(site.site_id, evse, asked(filter))
  return (
    <div className="panel-body">
      <div className="message-tools">
        <select
          aria-label={t('proof.show')}
          className="input"
          data-testid="proof-filter"
          value={filter}
          onChange={(event) => setFilter(event.target.value as Filter)}
        >
          {FILTERS.map((each) => (
            <option key={each} value={each}>
              {t(filterKey(each))}
            </option>
          ))}
        </select>
      </div>
      <p className="hint">{t('proof.help')}</p>
      <Loadable query={query}>
        {(rows) => (rows.length === 0 ? <Note>{t('proof.empty')}</Note> : <Rows rows={rows} />)}
      </Loadable>
    </div>
  )
}
