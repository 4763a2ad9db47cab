import { expect, it } from 'vitest'
import { EMERGENCY, takesTwo } from './signals'

it('takes two to lift a limit of somebody else, and of nobody else', () => {
  const limit = { kind: 'envelope', operator: 'token:dso' }
  expect(takesTwo(limit, 'ada')).toBe(true)
  expect(takesTwo({ ...limit, operator: 'user:ada' }, 'ada')).toBe(false)
  expect(takesTwo({ ...limit, operator: EMERGENCY }, 'ada')).toBe(false)
  expect(takesTwo({ ...limit, kind: 'instruction' }, 'ada')).toBe(false)
})
