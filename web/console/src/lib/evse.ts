/** What an EVSE is doing, in one word; filtering of the charger list. */

import { direction } from './format'
import type { Evse } from './types'

export const EVSE_STATES = [
  'charging',
  'discharging',
  'waiting',
  'available',
  'unavailable',
  'faulted',
  'offline',
  'unknown',
] as const

export type EvseStateName = (typeof EVSE_STATES)[number]

/** The most pressing truth first: a broken link or a fault hides what the meter last said. */
export function evseState(evse: Evse): EvseStateName {
  if (!evse.connected) return 'offline'
  if (evse.status === 'Faulted') return 'faulted'
  const flow = direction(evse.power_w)
  if (flow === 'in') return 'charging'
  if (flow === 'out') return 'discharging'
  if (evse.transaction_id || evse.status === 'Occupied') return 'waiting'
  if (evse.status === 'Unavailable') return 'unavailable'
  return evse.status ? 'available' : 'unknown'
}

/** Site time after which a meter that should tell each minute is late. */
const METER_LATE_MS = 180_000

/** Whether the power shown is no news: nobody can be asked, or a running transaction's meter has
 * not told for long. `now` is site time. */
export function powerIsOld(evse: Evse, now: string): boolean {
  if (!evse.connected) return true
  if (evse.transaction_id === null || evse.power_at === null) return false
  return Date.parse(now) - Date.parse(evse.power_at) > METER_LATE_MS
}

/** Every word of `text` occurs in the station, vehicle or circuit name. */
export function matches(evse: Evse, text: string): boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const names = [evse.station_id, evse.vehicle_id, evse.circuit_id].join(' ').toLowerCase()
  return words.every((word) => names.includes(word))
}
