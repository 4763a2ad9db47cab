import { describe, expect, it } from 'vitest'
import { checkSignal, type SignalForm } from './signal-form'
import type { Site } from './types'

const site = {
  time_zone: 'Europe/London',
  import_limit_w: 100_000,
  export_limit_w: 30_000,
} as Site

const typed: SignalForm = {
  ask: 'delta',
  sign: -1,
  power_kw: '15,5',
  import_kw: '',
  export_kw: '',
  day: '2026-06-16',
  time: '17:00',
  minutes: 30,
  priority: '5',
  reference: 'evening-1',
}
const NOW = Date.parse('2026-06-16T12:00:00Z')
const check = (part: Partial<SignalForm>) => checkSignal({ ...typed, ...part }, site, NOW, '13:00')
const request = (part: Partial<SignalForm>) => {
  const checked = check(part)
  return 'request' in checked ? checked.request : checked.errors
}
const wrong = (part: Partial<SignalForm>) => {
  const checked = check(part)
  return 'errors' in checked ? Object.keys(checked.errors) : []
}

it('turns what was typed into a request in W and UTC', () => {
  expect(request({})).toEqual({
    external_id: 'evening-1',
    revision: 0,
    kind: 'instruction',
    priority: 5,
    starts_at: '2026-06-16T16:00:00.000Z',
    ends_at: '2026-06-16T16:30:00.000Z',
    delta_w: -15_500,
    no_rebound_before_s: 0,
    no_rebound_after_s: 0,
    reserve_s: 0,
  })
})

it('holds the site at a power, export being negative', () => {
  expect(request({ ask: 'site', power_kw: '20' })).toMatchObject({ site_power_w: -20_000 })
  expect(request({ ask: 'site', sign: 1, power_kw: '0' })).toMatchObject({ site_power_w: 0 })
})

it('sends the bounds of an envelope that were given', () => {
  const envelope = request({ ask: 'envelope', import_kw: '60' })
  expect(envelope).toMatchObject({ kind: 'envelope', import_max_w: 60_000 })
  expect(envelope).not.toHaveProperty('export_max_w')
  expect(envelope).not.toHaveProperty('delta_w')
})

it('reads a time of day as people type it', () => {
  for (const time of ['17:00', '1700', '17.00', ' 17:00 '])
    expect(request({ time })).toMatchObject({ starts_at: '2026-06-16T16:00:00.000Z' })
})

describe('says which field is wrong', () => {
  it.each([
    [{ power_kw: '' }, 'power'],
    [{ power_kw: 'a lot' }, 'power'],
    [{ power_kw: '-5' }, 'power'],
    [{ power_kw: '0' }, 'power'],
    [{ power_kw: '131' }, 'power'],
    [{ ask: 'site', power_kw: '31' }, 'power'],
    [{ ask: 'envelope' }, 'bounds'],
    [{ ask: 'envelope', import_kw: '60', export_kw: 'x' }, 'bounds'],
    [{ time: '' }, 'start'],
    [{ time: '25:00' }, 'start'],
    [{ time: '12:29' }, 'start'],
    [{ priority: '1.5' }, 'priority'],
    [{ priority: '' }, 'priority'],
    [{ reference: ' ' }, 'reference'],
  ] as [Partial<SignalForm>, string][])('%o: %s', (part, field) =>
    expect(wrong(part)).toEqual([field]),
  )
})
