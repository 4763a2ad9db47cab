import { expect, it } from 'vitest'
import { evseState, matches, powerIsOld } from './evse'
import { chargersSearch, nextSort, sortOf } from './search'
import { bySoonest, mergeSignals } from './signals'
import type { Evse, Signal } from './types'

const evse = (part: Partial<Evse>) =>
  ({
    station_id: 'ev36-v2g-03',
    vehicle_id: 'van-7',
    circuit_id: 'v2g-bay',
    connected: true,
    status: 'Occupied',
    power_w: 0,
    transaction_id: null,
    ...part,
  }) as Evse

it.each([
  [{ connected: false, power_w: 5000 }, 'offline'],
  [{ status: 'Faulted', power_w: 5000 }, 'faulted'],
  [{ power_w: 5000 }, 'charging'],
  [{ power_w: -5000 }, 'discharging'],
  [{ power_w: 0, transaction_id: 't' }, 'waiting'],
  [{ status: 'Available' }, 'available'],
  [{ status: 'Unavailable' }, 'unavailable'],
  [{ status: null }, 'unknown'],
])('%o is %s', (part, state) => expect(evseState(evse(part))).toBe(state))

it.each([
  [{ connected: false }, true],
  [{ transaction_id: 't', power_at: '2026-06-15T11:58:00Z' }, false],
  [{ transaction_id: 't', power_at: '2026-06-15T11:56:00Z' }, true],
  [{ transaction_id: null, power_at: '2026-06-15T11:56:00Z' }, false],
  [{ transaction_id: 't', power_at: null }, false],
])('the power of %o is old: %s', (part, old) =>
  expect(powerIsOld(evse(part), '2026-06-15T12:00:00Z')).toBe(old),
)

it('finds a charger by every word of the filter', () => {
  expect(matches(evse({}), 'V2G van')).toBe(true)
  expect(matches(evse({}), 'v2g ac')).toBe(false)
  expect(matches(evse({ vehicle_id: null }), '')).toBe(true)
})

it('keeps of the URL what it knows', () => {
  expect(
    chargersSearch({ q: 3, state: 'charging', sort: '-power', tab: 'messages', x: 1 }),
  ).toEqual({
    q: '3',
    state: 'charging',
    sort: '-power',
    tab: 'messages',
  })
  expect(chargersSearch({ q: '', state: 'flying', sort: 'drop', tab: 7 })).toEqual({})
})

it('sorts upwards, downwards, then as before', () => {
  expect(nextSort(undefined, 'power')).toBe('power')
  expect(nextSort('power', 'power')).toBe('-power')
  expect(nextSort('-power', 'power')).toBeUndefined()
  expect(sortOf('-soc')).toEqual({ id: 'soc', desc: true })
  expect(nextSort(undefined, 'station')).toBe('-station')
})

it('shows the running signal first, then the next, then the latest gone by; the stream’s word wins', () => {
  const signal = (signal_id: string, status: string, starts_at: string) =>
    ({ signal_id, status, starts_at }) as Signal
  const listed = [
    signal('old', 'settled', '2026-06-15'),
    signal('later', 'accepted', '2026-06-18'),
    signal('new', 'settled', '2026-06-16'),
    signal('now', 'accepted', '2026-06-17'),
  ]
  const merged = mergeSignals(listed, [signal('now', 'active', '2026-06-17')])
  expect(merged.map((each) => each.signal_id)).toEqual(['now', 'later', 'new', 'old'])
  expect([...merged].sort(bySoonest)).toEqual(merged)
})
