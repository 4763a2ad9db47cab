import { expect, it } from 'vitest'
import { surplus } from './surplus'
import type { SitePower } from './types'

const power = { load_w: 10_000, solar_w: 9_000, wind_w: 4_000 } as SitePower

it('is generation less load, and not known while a part of it is not', () => {
  expect(surplus(power)).toBe(3_000)
  expect(surplus({ ...power, wind_w: 0 })).toBe(-1_000)
  expect(surplus({ ...power, wind_w: null })).toBeNull()
  expect(surplus({ ...power, load_w: null })).toBeNull()
  expect(surplus(null)).toBeNull()
})
