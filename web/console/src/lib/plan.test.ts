import { expect, it } from 'vitest'
import { drivers, remember, slotAt } from './plan'
import type { Plan } from './types'

const plan = (starts_at: string, grid_w: number[]) =>
  ({
    starts_at,
    slot_s: 900,
    series: { grid_w },
    evses: [
      { setpoint_w: [5000, 0], why: [{ code: 'surplus', first_slot: 0, last_slot: 0 }] },
      { setpoint_w: [-4000, 0], why: [{ code: 'peak_discharge', first_slot: 0, last_slot: 1 }] },
      { setpoint_w: [3000, 0], why: [{ code: 'surplus', first_slot: 0, last_slot: 1 }] },
    ],
  }) as unknown as Plan

const at = (time: string) => Date.parse(`2026-06-16T${time}:00Z`)

it('finds the slot of a moment, none outside the plan', () => {
  const made = plan('2026-06-16T12:00:00Z', [1, 2, 3])
  expect(
    ['11:59', '12:00', '12:14', '12:15', '12:44', '12:45'].map((t) => slotAt(made, at(t))),
  ).toEqual([null, 0, 0, 1, 2, null])
})

it('keeps what was planned for the slots gone by', () => {
  const first = plan('2026-06-16T12:00:00Z', [1, 2, 3])
  const second = plan('2026-06-16T12:15:00Z', [20, 30, 40])
  const take = (made: Plan) => (slot: number) => made.series.grid_w[slot] as number
  const memory = remember(remember(new Map(), first, take(first)), second, take(second))
  expect([...memory].map(([, value]) => value)).toEqual([1, 20, 30, 40])
})

it('forgets what is more than a day gone', () => {
  const old = plan('2026-06-14T12:00:00Z', [1])
  const now = plan('2026-06-16T12:00:00Z', [2])
  const memory = remember(
    remember(new Map(), old, () => 1),
    now,
    () => 2,
  )
  expect([...memory.values()]).toEqual([2])
})

it('counts what the fleet does, and the reasons by weight', () => {
  expect(drivers(plan('2026-06-16T12:00:00Z', [1, 2]), 0)).toEqual({
    charging: 2,
    discharging: 1,
    waiting: 0,
    reasons: [
      { code: 'surplus', count: 2 },
      { code: 'peak_discharge', count: 1 },
    ],
  })
})
