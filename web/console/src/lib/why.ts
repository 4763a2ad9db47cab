/** The sentence behind a setpoint, from the planner's code, what binds, and until when. */

import { MINUS } from './format'
import { isKey, type Translate } from './i18n'
import { formatWhen } from './time'

export interface WhyWords {
  code: string
  detail?: string
  until?: string | number | null
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
    sentence = t('why.detail', { sentence, detail: why.detail.replace(/-(?=\d)/g, MINUS) })
  if (why.until == null) return sentence
  return t('why.until', { sentence, time: formatWhen(why.until, now, zone, t.language) })
}

/** The reason in a few words, for lists. */
export function whyShort(t: Translate, code: string): string {
  const key = `reason.${code}`
  return isKey(key) ? t(key) : code
}
