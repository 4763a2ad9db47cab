import { expect, it } from 'vitest'
import { amountText, decisionPath, decisionsOf } from './payments'

it('lets a person decide what the provider did not take, and nothing else', () => {
  expect(decisionsOf({ status: 'Operator' })).toEqual(['settle', 'write_off'])
  expect(decisionsOf({ status: 'Refused' })).toEqual(['write_off'])
  for (const status of ['Due', 'Settled', 'Station', 'WrittenOff'] as const)
    expect(decisionsOf({ status })).toEqual([])
})

it('names the transaction whatever its id is made of', () => {
  const path = decisionPath({ station_id: 'cs 1', transaction_id: 'a#b?' })
  expect(path).toBe('/payments/settlements/cs%201/a%23b%3F')
})

it('shows money as it was told', () => {
  expect(amountText({ amount: '4.50', currency: 'GBP' })).toBe('4.50 GBP')
  expect(amountText({ amount: null, currency: null })).toBe('–')
})
