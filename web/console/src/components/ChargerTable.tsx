/** The charger list: only rows on screen are drawn, and a row only when its own EVSE changed. */

import {
  createColumnHelper,
  createSortedRowModel,
  rowSortingFeature,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'
import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, ArrowUp, Link2, Link2Off } from 'lucide-react'
import { memo, type ReactNode, useEffect, useMemo, useRef } from 'react'
import { EVSE_STATES, evseState, powerIsOld } from '@/lib/evse'
import { formatPercent } from '@/lib/format'
import { type Key, type Translate, useT } from '@/lib/i18n'
import { evseKey } from '@/lib/live'
import { nextSort, type SortColumn, sortOf } from '@/lib/search'
import { formatTime, formatWhen } from '@/lib/time'
import type { Evse } from '@/lib/types'
import { whySentence } from '@/lib/why'
import { Bar } from './Bar'
import { SignedPower } from './SignedPower'
import { EvseStatePill } from './StatePill'

const ROW_HEIGHT = 40

interface RowContext {
  t: Translate
  zone: string
  /** Site time to the minute, so that it does not redraw rows each second. */
  minute: string
}

interface ColumnSpec {
  id: SortColumn
  value: (evse: Evse) => string | number | null
  cell: (evse: Evse, context: RowContext) => ReactNode
  numeric?: boolean
}

function lastKnown(evse: Evse, { t, zone, minute }: RowContext): string | undefined {
  if (!powerIsOld(evse, minute) || evse.power_at === null) return undefined
  return `${t('common.stale')}, ${t('common.asOf', { time: formatTime(evse.power_at, zone) })}`
}

const COLUMNS: ColumnSpec[] = [
  {
    id: 'station',
    value: (evse) => evseKey(evse),
    cell: (evse) => (
      <b className="station-id">
        {evse.station_id}
        {evse.evse_id > 1 && <span className="muted"> /{evse.evse_id}</span>}
      </b>
    ),
  },
  {
    id: 'state',
    value: (evse) => EVSE_STATES.indexOf(evseState(evse)),
    cell: (evse) => <EvseStatePill state={evseState(evse)} />,
  },
  {
    id: 'link',
    value: (evse) => Number(!evse.connected),
    cell: (evse, { t }) => (
      <span className={evse.connected ? 'link-cell' : 'link-cell lost'}>
        {evse.connected ? <Link2 size={14} aria-hidden /> : <Link2Off size={14} aria-hidden />}
        {t(evse.connected ? 'link.online' : 'link.offline')}
      </span>
    ),
  },
  {
    id: 'power',
    value: (evse) => evse.power_w,
    numeric: true,
    cell: (evse, context) => (
      <span data-testid={`charger-power-${rowId(evse)}`}>
        <SignedPower
          power_w={evse.power_w}
          stale={powerIsOld(evse, context.minute)}
          title={lastKnown(evse, context)}
        />
      </span>
    ),
  },
  {
    id: 'setpoint',
    value: (evse) => evse.setpoint_w,
    numeric: true,
    cell: (evse) => <SignedPower power_w={evse.setpoint_w} stale={!evse.connected} />,
  },
  {
    id: 'soc',
    value: (evse) => evse.soc_pct,
    numeric: true,
    cell: (evse) =>
      evse.soc_pct === null ? (
        <span className="muted">–</span>
      ) : (
        <span className="soc">
          <Bar ratio={evse.soc_pct / 100} />
          {formatPercent(evse.soc_pct)}
        </span>
      ),
  },
  {
    id: 'vehicle',
    value: (evse) => evse.vehicle_id,
    cell: (evse) => evse.vehicle_id ?? <span className="muted">–</span>,
  },
  {
    id: 'departure',
    value: (evse) => evse.departure_at,
    cell: (evse, { zone, minute, t }) => (
      <span className={evse.departure_at ? '' : 'muted'}>
        {formatWhen(evse.departure_at, minute, zone, t.language)}
      </span>
    ),
  },
  {
    id: 'why',
    value: (evse) => evse.why?.code ?? null,
    cell: (evse, { t, zone, minute }) => {
      const text = evse.why ? whySentence(t, evse.why, zone, minute) : ''
      return <span title={text}>{text}</span>
    },
  },
]

/** Test id of a row: the station's, with the EVSE's number from the second on. */
export function rowId(evse: Evse): string {
  return evse.evse_id > 1 ? `${evse.station_id}-${evse.evse_id}` : evse.station_id
}

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() })
const helper = createColumnHelper<typeof features, Evse>()

const collator = new Intl.Collator('en', { numeric: true })

function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return collator.compare(String(a), String(b))
}

const columns = helper.columns(
  COLUMNS.map(({ id, value }) =>
    helper.accessor((evse: Evse) => value(evse) ?? undefined, {
      id,
      sortUndefined: 'last',
      sortFn: (a, b, column) => compare(a.getValue(column), b.getValue(column)),
    }),
  ),
)

interface RowProps {
  evse: Evse
  index: number
  top: number
  marked: boolean
  open: boolean
  context: RowContext
  onOpen: (evse: Evse) => void
}

const Row = memo(function Row({ evse, index, top, marked, open, context, onOpen }: RowProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the page binds j, k and Enter for all rows
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={open}
      className={`tr${marked ? ' marked' : ''}${open ? ' open' : ''}`}
      style={{ transform: `translateY(${top}px)` }}
      data-testid={`charger-row-${rowId(evse)}`}
      tabIndex={marked ? 0 : -1}
      onClick={() => onOpen(evse)}
    >
      {COLUMNS.map((column) => (
        <div
          key={column.id}
          role="cell"
          className={`td col-${column.id}${column.numeric ? ' num' : ''}`}
        >
          {column.cell(evse, context)}
        </div>
      ))}
    </div>
  )
})

/** Rows in the order of `sort`, by which the page moves its mark too. */
export function useSortedEvses(evses: Evse[], sort: string | undefined): Evse[] {
  const { id, desc } = sortOf(sort)
  const sorting = useMemo(() => [{ id, desc }], [id, desc])
  const table = useTable({ features, columns, data: evses, state: { sorting } })
  const model = table.getRowModel()
  return useMemo(() => model.rows.map((row) => row.original), [model])
}

interface ChargerTableProps {
  evses: Evse[]
  sort: string | undefined
  onSort: (sort: string | undefined) => void
  marked: number
  openStation: string | undefined
  onOpen: (evse: Evse) => void
  context: RowContext
}

export function ChargerTable(props: ChargerTableProps) {
  const { evses, marked, context } = props
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: evses.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
  })
  useEffect(() => {
    if (marked >= 0) virtual.scrollToIndex(marked, { align: 'auto' })
  }, [marked, virtual])
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <div ref={scroller} className="table-scroll" tabIndex={0}>
      <div role="table" aria-label={context.t('chargers.title')} aria-rowcount={evses.length + 1}>
        <HeaderRow sort={props.sort} onSort={props.onSort} />
        <div role="rowgroup" className="tbody" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const evse = evses[item.index]
            return (
              evse && (
                <Row
                  key={evseKey(evse)}
                  evse={evse}
                  index={item.index}
                  top={item.start}
                  marked={item.index === marked}
                  open={evse.station_id === props.openStation}
                  context={context}
                  onOpen={props.onOpen}
                />
              )
            )
          })}
        </div>
      </div>
    </div>
  )
}

function HeaderRow({ sort, onSort }: Pick<ChargerTableProps, 'sort' | 'onSort'>) {
  const t = useT()
  const current = sortOf(sort)
  return (
    <div role="rowgroup" className="thead">
      <div role="row" aria-rowindex={1} className="tr">
        {COLUMNS.map(({ id, numeric }) => {
          const active = current.id === id
          const order = current.desc ? 'descending' : 'ascending'
          const Arrow = current.desc ? ArrowDown : ArrowUp
          return (
            <div
              key={id}
              role="columnheader"
              aria-sort={active ? order : 'none'}
              className={`td col-${id}${numeric ? ' num' : ''}`}
            >
              <button type="button" onClick={() => onSort(nextSort(sort, id))}>
                {t(`col.${id}` as Key)}
                {active && <Arrow size={12} strokeWidth={2.5} aria-hidden />}
              </button>
            </div>
          )
        })}
      </div>
    </div>
  )
}
