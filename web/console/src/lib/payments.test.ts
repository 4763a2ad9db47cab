import { expect, it } from 'vitest'
import {
  amountText,
  changedWords,
  decisionPath,
  decisionsOf,
  openWords,
  reasonKey,
  wordsOf,
} from './payments'

it('lets a person decide what the provider did not take, and nothing else', () => {
  expect(decisionsOf({ status: 'Operator' })).toEqual(['settle', 'write_off'])
  expect(decisionsOf({ status: 'Refused' })).toEqual(['settle', 'write_off'])
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

const refused = {
  status: 'Refused',
  amount: '9.00',
  currency: 'GBP',
  psp_ref: 'p-1',
  asked_as: null,
} as const
const unknown = { ...refused, status: 'Operator', amount: null, currency: null } as const

it('asks a provider that refused only for something else', () => {
  expect(openWords(refused)).toEqual(['amount', 'psp_ref'])
  const said = wordsOf(refused)
  expect(changedWords(refused, said)).toBeNull()
  expect(changedWords(refused, { ...said, amount: ' 8.50 ' })).toEqual({ amount: '8.50' })
  expect(changedWords(refused, { ...said, psp_ref: 'p-2' })).toEqual({ psp_ref: 'p-2' })
  expect(changedWords(refused, { ...said, amount: '8,5' })).toBeNull()
  expect(wordsOf({ ...refused, asked_as: 'p-2' }).psp_ref).toBe('p-2')
})

it('lets a person say what nobody knows, in full or not at all', () => {
  expect(openWords(unknown)).toEqual(['amount', 'currency', 'psp_ref'])
  const said = wordsOf(unknown)
  expect(changedWords(unknown, said)).toEqual({})
  expect(changedWords(unknown, { ...said, amount: '4' })).toBeNull()
  const full = { amount: '4', currency: 'GBP' }
  expect(changedWords(unknown, { ...said, ...full })).toEqual(full)
})

it('leaves as it was what a provider may have taken', () => {
  const asked = { ...refused, status: 'Operator' } as const
  expect(openWords(asked)).toEqual([])
  expect(changedWords(asked, wordsOf(asked))).toEqual({})
})

it('says the reasons of the hub in the language of the reader, and quotes all others', () => {
  expect(reasonKey('no payment provider is set')).toBe('pay.noProvider')
  expect(reasonKey('authorization expired')).toBeUndefined()
})
