/** Intervals that the meter proves, and which of them a person asks for. */

import type { Key } from './i18n'
import type { Proof } from './types'

export type Deviation = Proof['deviation']

/** Deviations, the worst first; `followed` is none. */
export const DEVIATIONS = [
  'liar',
  'ignored',
  'limited_elsewhere',
  'limited_by_ev',
  'taper',
  'meter_gap',
] as const satisfies readonly Deviation[]

export const FILTERS = ['all', 'deviating', ...DEVIATIONS] as const
export type Filter = (typeof FILTERS)[number]

export const deviationKey = (deviation: Deviation): Key => `proof.${deviation}`
export const filterKey = (filter: Filter): Key =>
  filter === 'all' || filter === 'deviating' ? `proof.filter.${filter}` : deviationKey(filter)

/** The deviations that a filter asks the API for; none: all intervals. */
export function asked(filter: Filter): readonly Deviation[] {
  if (filter === 'all') return []
  return filter === 'deviating' ? DEVIATIONS : [filter]
}

/** Mean power by the registers, + into the vehicle. */
export const meteredW = (row: Proof) =>
  ((row.import_wh - row.export_wh) * 3600) / Math.max(row.duration_s, 1)

/** How far above or below that it may have been by all that is known. */
export function uncertainW(row: Proof): { most_w: number; least_w: number } {
  const hours = Math.max(row.duration_s, 1) / 3600
  return { most_w: row.import_max_wh / hours, least_w: -row.export_max_wh / hours }
}
