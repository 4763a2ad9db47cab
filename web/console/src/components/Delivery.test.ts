import { expect, it } from 'vitest'
import type { DeliveryRow } from '@/lib/types'
import { totals } from './Delivery'

const minute = (reading_count: number, delivered_wh: number) =>
  ({ reading_count, delivered_wh, requested_wh: -1000 }) as DeliveryRow

it('adds up the minutes that were measured, and no other', () => {
  const rows = [minute(60, -1000), minute(60, -900), minute(0, 0)]
  expect(totals(rows)).toEqual({ requested_wh: -2000, delivered_wh: -1900, ratio: 0.95 })
  expect(totals([minute(0, 0)]).ratio).toBeNull()
})
