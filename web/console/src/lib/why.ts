/** The sentence behind a setpoint, from the planner's code, what binds, and until when. */

import { formatEnergy, formatPower, formatPrice, MINUS } from './format'
import { isKey, type Translate } from './i18n'
import { formatSpan, formatWhen } from './time'
import type { Fix } from './types'

export interface WhyWords {
  code: string
  detail?: string
  until?: string | number | null
  cost_gbp_per_kwh?: number | null
  runner_up?: {
    action: string
    at?: string | number | null
    extra_gbp_per_kwh: number
  } | null
}

/** A whole sentence without full stop. `now` decides whether `until` needs its day. */
export function whySentence(
  t: Translate,
  why: WhyWords | null,
  zone: string,
  now: string | number | null,
): string {
  if (!why) return t('why.none')
  const key = `why.${why.code}`
  let sentence = isKey(key) ? t(key) : t('why.unknown', { code: why.code })
  if (why.detail)
    sentence = t('why.detail', { sentence, detail: why.detail.replace(/(?<=^|\s)-(?=\d)/g, MINUS) })
  const when = (at: string | number) => formatWhen(at, now, zone, t.language)
  if (why.until != null) sentence = t('why.until', { sentence, time: when(why.until) })
  const other = why.runner_up
  if (!other) return sentence
  const named = `other.${other.action === 'keep' && other.at == null ? 'keep_more' : other.action}`
  return t('why.other', {
    sentence,
    price: formatPrice(why.cost_gbp_per_kwh),
    other: isKey(named) ? t(named, { time: other.at == null ? '' : when(other.at) }) : other.action,
    extra: formatPrice(other.extra_gbp_per_kwh),
  })
}

/** The reason in a few words, for lists. */
export function whyShort(t: Translate, code: string): string {
  const key = `reason.${code}`
  return isKey(key) ? t(key) : code
}

/** What would have a vehicle ready that the plan leaves short, without full stop. */
export function fixSentence(t: Translate, fix: Fix): string {
  const key = `fix.${fix.change === 'more_power' && !fix.where ? 'more_import' : fix.change}`
  if (!isKey(key)) return fix.change
  return t(key, {
    span: formatSpan(t, (fix.late_s ?? 0) * 1000),
    energy: formatEnergy(fix.less_wh ?? 0),
    power: formatPower(fix.more_w ?? 0),
    where: fix.where ?? '',
  })
}
