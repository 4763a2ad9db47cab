import { expect, it } from 'vitest'
import { decided, nameKey, proposedOf, valueKey } from './quirks'
import type { Quirk } from './types'

const quirk = (name: string, proposed: unknown): Quirk => ({
  name,
  value: 'standard',
  standard: 'standard',
  source: 'standard',
  at: null,
  reason: null,
  proposed: proposed ? { value: proposed, at: '2026-06-16T11:00:00Z', reason: 'figures' } : null,
})

it('shows what is proposed, and nothing that holds already', () => {
  const shown = proposedOf([quirk('meter_sign', 'swapped'), quirk('energy_scale', null)])
  expect(shown.map((one) => one.name)).toEqual(['meter_sign'])
})

it('sets the proposed value to accept, and the one that holds to refuse', () => {
  const [one] = proposedOf([quirk('meter_sign', 'swapped')])
  if (!one) throw new Error('it is proposed')
  expect(decided(one, true)).toEqual({ value: 'swapped' })
  expect(decided(one, false)).toEqual({ value: 'standard' })
})

it('has words for what the hub proposes, and shows the rest as it is told', () => {
  for (const value of ['standard', 'power_inverted', 'swapped'])
    expect(valueKey('meter_sign', value)).not.toBeNull()
  for (const value of ['standard', 'kwh_as_wh', 'wh_as_kwh'])
    expect(valueKey('energy_scale', value)).not.toBeNull()
  for (const value of [true, false]) expect(valueKey('evses_from_zero', value)).not.toBeNull()
  expect(nameKey('meter_sign')).not.toBeNull()
  expect(nameKey('kinds')).toBeNull()
  expect(valueKey('kinds', ['Absolute'])).toBeNull()
})
