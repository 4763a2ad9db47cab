/** The form of a grid signal: what was typed → a request, or what is wrong with it, by field. */

import { formatPower } from './format'
import type { Key, Values } from './i18n'
import { fromLocalInput } from './time'
import type { SignalRequest, Site } from './types'

export type SignalAsk = 'delta' | 'site' | 'envelope'

export interface SignalForm {
  ask: SignalAsk
  /** `−1` takes less or exports, `+1` takes more or imports. */
  sign: -1 | 1
  power_kw: string
  import_kw: string
  export_kw: string
  /** Local date `YYYY-MM-DD` and time of day `HH:MM` of the site. */
  day: string
  time: string
  minutes: number
  priority: string
  reference: string
}

export type Field = 'power' | 'bounds' | 'start' | 'priority' | 'reference'
export type FormErrors = Partial<Record<Field, { key: Key; values?: Values }>>
export type Checked = { request: SignalRequest } | { errors: FormErrors }

const NUMBER = /^\d+([.,]\d+)?$/
const PRIORITY_MAX = 1000

/** W of a typed kW figure: null where nothing stands, NaN where it is no number ≥ 0. */
export function watts(typed: string): number | null {
  const text = typed.trim()
  if (text === '') return null
  return NUMBER.test(text) ? Math.round(Number(text.replace(',', '.')) * 1000) : Number.NaN
}

type Powers = Pick<SignalRequest, 'delta_w' | 'site_power_w' | 'import_max_w' | 'export_max_w'>

function checkBounds(form: SignalForm, errors: FormErrors): Powers {
  const import_w = watts(form.import_kw)
  const export_w = watts(form.export_kw)
  const none = import_w === null && export_w === null
  if (none || Number.isNaN(import_w) || Number.isNaN(export_w))
    errors.bounds = { key: 'signal.invalid.bounds' }
  return {
    ...(import_w !== null && { import_max_w: import_w }),
    ...(export_w !== null && { export_max_w: export_w }),
  }
}

function checkPower(form: SignalForm, site: Site, errors: FormErrors): Powers {
  const size_w = watts(form.power_kw)
  const least_w = form.ask === 'site' ? 0 : 1
  if (size_w === null || Number.isNaN(size_w) || size_w < least_w) {
    errors.power = { key: 'signal.invalid.power' }
    return {}
  }
  const whole_w = site.import_limit_w + site.export_limit_w
  const side_w = form.sign > 0 ? site.import_limit_w : site.export_limit_w
  const most_w = form.ask === 'delta' ? whole_w : side_w
  if (size_w > most_w)
    errors.power = {
      key: 'signal.invalid.overLimit',
      values: { limit: formatPower(most_w) },
    }
  const signed_w = size_w === 0 ? 0 : size_w * form.sign
  return form.ask === 'delta' ? { delta_w: signed_w } : { site_power_w: signed_w }
}

const TIME = /^([01]?\d|2[0-3])[:.：]?([0-5]\d)$/

function startOf(form: SignalForm, site: Site): Date | null {
  const [, hour, minute] = TIME.exec(form.time.trim()) ?? []
  if (!hour) return null
  return fromLocalInput(`${form.day}T${hour.padStart(2, '0')}:${minute}`, site.time_zone)
}

/** The request, or the fields that are wrong; `nowLabel` is the site's time for messages. */
export function checkSignal(
  form: SignalForm,
  site: Site,
  nowMs: number,
  nowLabel: string,
): Checked {
  const errors: FormErrors = {}
  const powers =
    form.ask === 'envelope' ? checkBounds(form, errors) : checkPower(form, site, errors)
  const starts = startOf(form, site)
  const ends = new Date((starts?.getTime() ?? 0) + form.minutes * 60_000)
  if (!starts) errors.start = { key: 'signal.invalid.start' }
  else if (ends.getTime() <= nowMs)
    errors.start = { key: 'signal.invalid.past', values: { time: nowLabel } }
  const priority = Number(form.priority)
  if (!/^\d+$/.test(form.priority.trim()) || priority > PRIORITY_MAX)
    errors.priority = { key: 'signal.invalid.priority' }
  const external_id = form.reference.trim()
  if (external_id.length < 1 || external_id.length > 64)
    errors.reference = { key: 'signal.invalid.reference' }
  if (Object.keys(errors).length > 0 || !starts) return { errors }
  return {
    request: {
      external_id,
      revision: 0,
      kind: form.ask === 'envelope' ? 'envelope' : 'instruction',
      priority,
      starts_at: starts.toISOString(),
      ends_at: ends.toISOString(),
      no_rebound_before_s: 0,
      no_rebound_after_s: 0,
      reserve_s: 0,
      ...powers,
    },
  }
}
