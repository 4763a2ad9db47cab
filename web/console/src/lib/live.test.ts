import { expect, it } from 'vitest'
import { ageSeconds, evseKey, isOld, type LiveState, NOTHING, receive } from './live'
import type { Evse, SitePower, StreamMessage } from './types'

const evse = (station_id: string, power_w: number) =>
  ({ station_id, evse_id: 1, site_id: 'depot', power_w, connected: true }) as Evse

const message = (second: number, evses: Evse[], parts: Partial<StreamMessage> = {}) => {
  const at = `2026-06-16T12:00:${String(second).padStart(2, '0')}Z`
  const power = { at, grid_w: 1000 * second } as SitePower
  return { at, sites: { depot: power }, evses, alarms: [], signals: [], ...parts }
}

const started = (...evses: Evse[]) => receive(NOTHING, 'snapshot', message(0, evses), 100)
const key = (station_id: string) => evseKey({ station_id, evse_id: 1 })

it('takes a snapshot whole, and forgets what it does not hold', () => {
  const before = started(evse('a', 1), evse('b', 2))
  const after = receive(before, 'snapshot', message(1, [evse('a', 1)]), 200)
  expect([...after.evses.keys()]).toEqual(['a/1'])
})

it('changes by a tick only what the tick names', () => {
  const before = started(evse('a', 1), evse('b', 2))
  const after = receive(before, 'tick', message(1, [evse('b', 3)]), 200)
  expect(after.evses.get(key('a'))).toBe(before.evses.get(key('a')))
  expect(after.evses.get(key('b'))?.power_w).toBe(3)
})

it('keeps the identity of what stayed the same, so that nothing is drawn again', () => {
  const before = started(evse('a', 1))
  const quiet = receive(before, 'tick', message(1, []), 200)
  expect(quiet.evses).toBe(before.evses)
  expect(quiet.alarms).toBe(before.alarms)
  const again = receive(before, 'snapshot', message(1, [evse('a', 1)]), 200)
  expect(again.evses).toBe(before.evses)
})

it('gathers samples in order and drops a repeated one', () => {
  let state: LiveState = started()
  for (const second of [1, 2, 2, 1, 3]) state = receive(state, 'tick', message(second, []), second)
  expect(state.recent.depot?.map((sample) => sample.grid_w)).toEqual([0, 1000, 2000, 3000])
})

it('does not grow without end', () => {
  let state: LiveState = started()
  for (let tick = 1; tick < 1200; tick++) {
    const at = new Date(Date.UTC(2026, 5, 16, 12) + tick * 1000).toISOString()
    const sites = { depot: { at } as SitePower }
    state = receive(state, 'tick', { ...message(0, []), at, sites }, tick)
  }
  expect(state.recent.depot?.length).toBe(900)
})

it('says how old the newest message is', () => {
  expect(ageSeconds(NOTHING, 5000)).toBeNull()
  expect(ageSeconds(started(), 12_100)).toBe(12)
})

it('calls a site’s power old when its meter is late or nobody reads it, by the site’s own clock', () => {
  const power = { quality: 'measured', age_s: 11 } as SitePower
  expect(isOld(power, 1)).toBe(true)
  expect(isOld(power, 60)).toBe(false)
  expect(isOld({ ...power, age_s: 2, quality: 'stale' } as SitePower, 1)).toBe(true)
  expect(isOld({ ...power, age_s: 2 } as SitePower, 1)).toBe(false)
  expect(isOld(null, 1)).toBe(false)
})
