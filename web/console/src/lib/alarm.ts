/** An alarm in the reader's language: a title for its code, and a sentence that names its data. */

import { formatEnergy } from './format'
import { isKey, type Translate } from './i18n'
import { formatWhen } from './time'
import type { Alarm } from './types'

export function alarmTitle(t: Translate, { code }: Pick<Alarm, 'code'>): string {
  const key = `alarm.code.${code}`
  return isKey(key) ? t(key) : code
}

/** The hub's own words where the alarm is of a kind, or a time, that has no sentence here. */
export function alarmSentence(
  t: Translate,
  alarm: Pick<Alarm, 'code' | 'data' | 'detail'>,
  now: string | number,
  zone: string,
): string {
  const key = `alarm.detail.${alarm.code}`
  if (!isKey(key)) return alarm.detail
  const said = Object.entries(alarm.data).map(([name, value]) => {
    if (name.endsWith('_wh')) return [name, formatEnergy(Number(value))]
    if (name.endsWith('_at')) return [name, formatWhen(String(value), now, zone, t.language)]
    const word = `alarm.word.${value}`
    return [name, isKey(word) ? t(word) : value]
  })
  const sentence = t(key, Object.fromEntries(said))
  return /\{\w+\}/.test(sentence) ? alarm.detail : sentence
}
