/** Times of a site: local to its zone, 24 h. Instants travel as RFC 3339 strings or epoch milliseconds. */

import { UNKNOWN } from './format'
import type { Translate } from './i18n'

type Instant = string | number | Date

const formats = new Map<string, Intl.DateTimeFormat>()

function format(key: string, zone: string, options: Intl.DateTimeFormatOptions, locale = 'en-GB') {
  const id = `${key}|${zone}|${locale}`
  let found = formats.get(id)
  if (!found) {
    found = new Intl.DateTimeFormat(locale, { timeZone: zone, hourCycle: 'h23', ...options })
    formats.set(id, found)
  }
  return found
}

const HOUR_MINUTE = { hour: '2-digit', minute: '2-digit' } as const
const DATE_TIME = { year: 'numeric', month: '2-digit', day: '2-digit', ...HOUR_MINUTE } as const

export function formatTime(at: Instant | null | undefined, zone: string, seconds = false): string {
  if (at == null) return UNKNOWN
  const options = seconds ? { ...HOUR_MINUTE, second: '2-digit' as const } : HOUR_MINUTE
  return format(seconds ? 'hms' : 'hm', zone, options).format(new Date(at))
}

/** "Tue 12 Jun", or the same in Chinese. */
export function formatDay(at: Instant, zone: string, locale: string): string {
  const options = { weekday: 'short', day: 'numeric', month: 'short' } as const
  return format('day', zone, options, locale).format(new Date(at))
}

/** "+01:00"-like name of the zone at that instant: "BST", "GMT+8". */
export function zoneName(at: Instant, zone: string): string {
  const parts = format('zone', zone, { timeZoneName: 'short' }).formatToParts(new Date(at))
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? zone
}

/** Local wall time as `YYYY-MM-DDTHH:mm`, what `<input type="datetime-local">` holds. */
export function toLocalInput(at: Instant, zone: string): string {
  const parts = format('input', zone, DATE_TIME).formatToParts(new Date(at))
  const get = (type: string) => parts.find((part) => part.type === type)?.value ?? '00'
  return `${get('year')}-${get('month')}-${get('day')}T${get('hour')}:${get('minute')}`
}

/**
 * The instant of a wall time in `zone`, null if it is no time. Where a clock change gives two, the
 * first; a time that a change skips moves forward by the change.
 */
export function fromLocalInput(local: string, zone: string): Date | null {
  const asUtc = Date.parse(`${local}Z`)
  if (Number.isNaN(asUtc)) return null
  const offset = (at: number) => Date.parse(`${toLocalInput(at, zone)}Z`) - at
  const day = 86_400_000
  const candidates = [offset(asUtc - day), offset(asUtc + day)]
    .map((shift) => asUtc - shift)
    .sort((a, b) => a - b)
  const exact = candidates.find((at) => toLocalInput(at, zone) === local)
  return new Date(exact ?? (candidates[1] as number))
}

/** The local date at `now`, and the `count - 1` dates after it, as `YYYY-MM-DD`: days of 23 and 25
 * hours among them. */
export function localDays(now: Instant, zone: string, count: number): string[] {
  const today = Date.parse(toLocalInput(now, zone).slice(0, 10))
  return Array.from({ length: count }, (_, ahead) =>
    new Date(today + ahead * 86_400_000).toISOString().slice(0, 10),
  )
}

/** Time of day; with the day when it is another day than `now`'s. */
export function formatWhen(
  at: Instant | null | undefined,
  now: Instant | null | undefined,
  zone: string,
  locale: string,
): string {
  if (at == null) return UNKNOWN
  const sameDay =
    now == null || toLocalInput(at, zone).slice(0, 10) === toLocalInput(now, zone).slice(0, 10)
  return sameDay ? formatTime(at, zone) : `${formatDay(at, zone, locale)} ${formatTime(at, zone)}`
}

/** "45 s", "12 min", "3 h 05 min"; never negative. */
export function formatSpan(t: Translate, span_ms: number): string {
  const seconds = Math.max(0, Math.round(span_ms / 1000))
  if (seconds < 60) return t('span.s', { s: seconds })
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return t('span.min', { min: minutes })
  const rest = String(minutes % 60).padStart(2, '0')
  return t('span.h', { h: Math.floor(minutes / 60), min: rest })
}
