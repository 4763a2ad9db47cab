/**
 * What the stream told so far, as a pure reducer. Values that did not change keep their identity,
 * so that a row renders only when its own EVSE changed.
 */

import type { Alarm, Evse, Signal, SitePower, StreamMessage } from './types'

export type Connection = 'connecting' | 'open' | 'lost'

export interface LiveState {
  connection: Connection
  /** Site clock of the last message. */
  at: string | null
  /** Real (monotonic) milliseconds when it came. */
  receivedMs: number | null
  sites: Readonly<Record<string, SitePower>>
  evses: ReadonlyMap<string, Evse>
  alarms: readonly Alarm[]
  signals: readonly Signal[]
  /** Recent samples per site, oldest first, for the moving end of the charts. */
  recent: Readonly<Record<string, readonly SitePower[]>>
}

export const NOTHING: LiveState = {
  connection: 'connecting',
  at: null,
  receivedMs: null,
  sites: {},
  evses: new Map(),
  alarms: [],
  signals: [],
  recent: {},
}

/** Real seconds without a message after which values count as stale. */
export const STALE_AFTER_S = 10
const RECENT_MAX = 900

export function evseKey(of: { station_id: string; evse_id: number }): string {
  return `${of.station_id}/${of.evse_id}`
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

function mergeEvses(before: ReadonlyMap<string, Evse>, told: Evse[], all: boolean) {
  const after = all ? new Map<string, Evse>() : new Map(before)
  let changed = all && before.size !== told.length
  for (const evse of told) {
    const key = evseKey(evse)
    const old = before.get(key)
    const keep = all && old !== undefined && same(old, evse)
    after.set(key, keep ? old : evse)
    changed ||= !keep
  }
  return changed ? after : before
}

function extendRecent(before: LiveState['recent'], sites: Record<string, SitePower>) {
  const after: Record<string, readonly SitePower[]> = { ...before }
  for (const [siteId, power] of Object.entries(sites)) {
    const samples = before[siteId] ?? []
    const last = samples.at(-1)
    if (!power.at || (last?.at && power.at <= last.at)) continue
    after[siteId] = [...samples.slice(samples.length >= RECENT_MAX ? 1 : 0), power]
  }
  return after
}

/** State after a `snapshot` or a `tick` that came at `receivedMs`. */
export function receive(
  state: LiveState,
  kind: 'snapshot' | 'tick',
  message: StreamMessage,
  receivedMs: number,
): LiveState {
  return {
    connection: 'open',
    at: message.at,
    receivedMs,
    sites: kind === 'snapshot' ? message.sites : { ...state.sites, ...message.sites },
    evses: mergeEvses(state.evses, message.evses, kind === 'snapshot'),
    alarms: same(state.alarms, message.alarms) ? state.alarms : message.alarms,
    signals: same(state.signals, message.signals) ? state.signals : message.signals,
    recent: extendRecent(state.recent, message.sites),
  }
}

/** Whether a site's power is no news: its meter said so, or nobody has read it for long. The age is
 * in site time, which a demo lets run `speed_ratio` times as fast. */
export function isOld(power: SitePower | null, speed_ratio: number): boolean {
  if (!power) return false
  return power.quality === 'stale' || (power.age_s ?? 0) > STALE_AFTER_S * speed_ratio
}

/** Age of what is shown in real seconds, null before the first message. */
export function ageSeconds(state: LiveState, nowMs: number): number | null {
  return state.receivedMs === null ? null : Math.max(0, (nowMs - state.receivedMs) / 1000)
}
