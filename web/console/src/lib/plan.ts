/** Reading a plan: which slot is now, what was planned for slots gone by, what drives the fleet. */

import type { EvsePlan, Plan, PlanWhy } from './types'

/** Index of the slot that `at` falls in, null outside the plan. */
export function slotAt(plan: Plan, atMs: number): number | null {
  const slot = Math.floor((atMs - Date.parse(plan.starts_at)) / (plan.slot_s * 1000))
  return slot >= 0 && slot < plan.series.grid_w.length ? slot : null
}

export function slotStart(plan: Plan, slot: number): number {
  return Date.parse(plan.starts_at) + slot * plan.slot_s * 1000
}

/** Planned values by slot start (ms); a newer plan replaces an older one from its start on. */
export type PlanMemory<T> = ReadonlyMap<number, T>

const KEEP_MS = 26 * 3_600_000

/** `memory` with the slots of a newer plan; slots that it no longer covers stay as last planned. */
export function remember<T>(
  memory: PlanMemory<T>,
  plan: Plan,
  value: (slot: number) => T,
): PlanMemory<T> {
  const start = Date.parse(plan.starts_at)
  const next = new Map<number, T>()
  for (const [at, kept] of memory) if (at < start && at > start - KEEP_MS) next.set(at, kept)
  for (let slot = 0; slot < plan.series.grid_w.length; slot++)
    next.set(slotStart(plan, slot), value(slot))
  return next
}

export function whyAt(evse: EvsePlan, slot: number): PlanWhy | null {
  return evse.why.find((why) => why.first_slot <= slot && slot <= why.last_slot) ?? null
}

export interface Drivers {
  charging: number
  discharging: number
  waiting: number
  /** Reasons by how many EVSEs have them, most first. */
  reasons: { code: string; count: number }[]
}

/** What the plan has the fleet do in a slot, and for how many EVSEs each reason holds. */
export function drivers(plan: Plan, slot: number): Drivers {
  const counts = new Map<string, number>()
  const answer: Drivers = { charging: 0, discharging: 0, waiting: 0, reasons: [] }
  for (const evse of plan.evses) {
    const power_w = evse.setpoint_w[slot] ?? 0
    if (power_w > 0) answer.charging++
    else if (power_w < 0) answer.discharging++
    else answer.waiting++
    const code = whyAt(evse, slot)?.code
    if (code) counts.set(code, (counts.get(code) ?? 0) + 1)
  }
  answer.reasons = [...counts].map(([code, count]) => ({ code, count }))
  answer.reasons.sort((a, b) => b.count - a.count || a.code.localeCompare(b.code))
  return answer
}
