import { expect, it } from 'vitest'
import { translators } from './i18n'
import { asked, DEVIATIONS, FILTERS, filterKey, meteredW, uncertainW } from './proof'
import type { Proof } from './types'

const row: Proof = {
  station_id: 'cs-1',
  evse_id: 1,
  transaction_id: 't-1',
  starts_at: '2026-06-01T12:00:00Z',
  duration_s: 150,
  planned_w: null,
  sent_w: 7000,
  confirmed_w: 7000,
  composite_w: null,
  import_wh: 250,
  export_wh: 50,
  import_max_wh: 300,
  export_max_wh: 60,
  reading_count: 3,
  deviation: 'taper',
}

it('is a mean over the time that the transaction lasted in the interval', () => {
  expect(meteredW(row)).toBe(4800)
  expect(uncertainW(row)).toEqual({ most_w: 7200, least_w: -1440 })
})

it('asks for what the filter names', () => {
  expect(asked('all')).toEqual([])
  expect(asked('deviating')).toEqual(DEVIATIONS)
  expect(asked('liar')).toEqual(['liar'])
})

it('has words for every filter in both languages', () => {
  for (const t of Object.values(translators))
    expect(new Set(FILTERS.map((filter) => t(filterKey(filter)))).size).toBe(FILTERS.length)
})
