/** Grid signals in words and in the order an operator wants them. */

import { formatPower } from './format'
import type { Translate } from './i18n'
import type { Signal, SignalRequest } from './types'

/** Who a signal is from that the emergency button made; it holds until it is cancelled. */
export const EMERGENCY = 'emergency'

type Asked = Pick<
  Signal | SignalRequest,
  | 'import_max_w'
  | 'export_max_w'
  | 'site_power_w'
  | 'delta_w'
  | 'no_rebound_before_s'
  | 'no_rebound_after_s'
  | 'reserve_down_w'
  | 'reserve_up_w'
  | 'reserve_s'
>

export function signed(power_w: number): string {
  return power_w > 0 ? `+${formatPower(power_w)}` : formatPower(power_w)
}

function minutes(span_s: number): string {
  return String(Math.round(span_s / 60))
}

/** "−150.0 kW against the baseline, no rebound 60 min after", "import up to 12.00 MW". */
export function askedText(t: Translate, asked: Asked): string {
  const parts: string[] = []
  if (asked.delta_w != null) parts.push(t('signal.delta', { power: signed(asked.delta_w) }))
  if (asked.site_power_w != null)
    parts.push(t('signal.sitePower', { power: signed(asked.site_power_w) }))
  if (asked.import_max_w != null)
    parts.push(t('signal.importMax', { power: formatPower(asked.import_max_w) }))
  if (asked.export_max_w != null)
    parts.push(t('signal.exportMax', { power: formatPower(asked.export_max_w) }))
  if (asked.reserve_down_w)
    parts.push(t('signal.reserveDown', { power: formatPower(asked.reserve_down_w) }))
  if (asked.reserve_up_w)
    parts.push(t('signal.reserveUp', { power: formatPower(asked.reserve_up_w) }))
  if (asked.reserve_s) parts.push(t('signal.reserveFor', { minutes: minutes(asked.reserve_s) }))
  if (asked.no_rebound_before_s)
    parts.push(t('signal.noReboundBefore', { minutes: minutes(asked.no_rebound_before_s) }))
  if (asked.no_rebound_after_s)
    parts.push(t('signal.noReboundAfter', { minutes: minutes(asked.no_rebound_after_s) }))
  return parts.join(t.language === 'zh-Hans' ? '，' : ', ')
}

export const OPEN_STATUSES: readonly string[] = ['accepted', 'active']

/** Whether two administrators must lift it: a limit that another set, the emergency button apart. */
export function takesTwo(
  signal: Pick<Signal, 'kind' | 'operator'>,
  username: string | undefined,
): boolean {
  return (
    signal.kind === 'envelope' &&
    signal.operator !== EMERGENCY &&
    signal.operator !== `user:${username}`
  )
}

function rank(signal: Signal): number {
  return { active: 0, accepted: 1 }[signal.status] ?? 2
}

/** Running first, then the next to come, then the latest gone by. */
export function bySoonest(a: Signal, b: Signal): number {
  const [rankA, rankB] = [rank(a), rank(b)]
  if (rankA !== rankB) return rankA - rankB
  const order = a.starts_at.localeCompare(b.starts_at)
  return rankA === 2 ? -order : order
}

/** The newest word on each signal: the stream's where it has one, else the list's. */
export function mergeSignals(listed: readonly Signal[], live: readonly Signal[]): Signal[] {
  const byId = new Map(listed.map((signal) => [signal.signal_id, signal]))
  for (const signal of live) byId.set(signal.signal_id, signal)
  return [...byId.values()].sort(bySoonest)
}
