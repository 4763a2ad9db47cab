import { expect, it } from 'vitest'
import { window } from './queries'

it('asks for history from a whole step on, so that slots and steps share their times', () => {
  const asked = window('2026-06-16T12:03:27.512Z', 12, 150)
  expect(asked).toEqual({ from: '2026-06-16T00:02:30.000Z', to: '2026-06-16T12:03:27.512Z' })
  expect(Date.parse('2026-06-16T00:15:00Z') - Date.parse(asked.from)).toBe(5 * 150_000)
})
