/** What the URL holds: site, filters, order and tab. Anything unknown in it falls back to its default. */

import { EVSE_STATES, type EvseStateName } from './evse'

export interface RootSearch {
  site?: string
}

export const SORTABLE = [
  'station',
  'state',
  'link',
  'power',
  'setpoint',
  'soc',
  'vehicle',
  'departure',
  'why',
] as const
export type SortColumn = (typeof SORTABLE)[number]
export const TABS = ['live', 'proof', 'messages', 'station'] as const
export type Tab = (typeof TABS)[number]

export interface ChargersSearch {
  q?: string
  state?: EvseStateName
  /** Column, with a leading minus when downwards. */
  sort?: string
  tab?: Tab
}

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
const among = <T extends string>(allowed: readonly T[], value: unknown) =>
  allowed.find((each) => each === value)

function compact<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T
}

export function rootSearch(raw: Record<string, unknown>): RootSearch {
  return compact({ site: text(raw.site) })
}

export function chargersSearch(raw: Record<string, unknown>): ChargersSearch {
  const sort = text(raw.sort)
  return compact({
    q: raw.q === undefined ? undefined : text(String(raw.q)),
    state: among(EVSE_STATES, raw.state),
    sort: sort && among(SORTABLE, sort.replace(/^-/, '')) ? sort : undefined,
    tab: among(TABS, raw.tab),
  })
}

export function sortOf(sort: string | undefined): { id: SortColumn; desc: boolean } {
  const id = among(SORTABLE, sort?.replace(/^-/, ''))
  return id ? { id, desc: sort?.startsWith('-') ?? false } : { id: 'station', desc: false }
}

/** The order after a click on a column: upwards, downwards, then the default again. */
export function nextSort(sort: string | undefined, column: SortColumn): string | undefined {
  const current = sortOf(sort)
  if (current.id !== column || (sort === undefined && column !== 'station')) return column
  if (current.desc) return undefined
  return `-${column}`
}
