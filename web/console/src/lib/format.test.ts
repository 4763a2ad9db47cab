import { describe, expect, it } from 'vitest'
import {
  direction,
  formatEnergy,
  formatNumber,
  formatPercent,
  formatPower,
  formatPrice,
  powerQuantity,
} from './format'

describe('power', () => {
  it.each([
    [0, '0.0\u00a0kW'],
    [7_430, '7.4\u00a0kW'],
    [-9_600, '\u22129.6\u00a0kW'],
    [99_940, '99.9\u00a0kW'],
    [99_960, '100\u00a0kW'],
    [240_000, '240\u00a0kW'],
    [999_400, '999\u00a0kW'],
    [999_600, '1.00\u00a0MW'],
    [-12_340_000, '\u221212.34\u00a0MW'],
  ])('%d W reads %s', (power_w, text) => expect(formatPower(power_w)).toBe(text))

  it('never shows a minus before zero', () => expect(formatPower(-20)).toBe('0.0\u00a0kW'))

  it('says when it is not known', () => {
    expect(formatPower(null)).toBe('–')
    expect(formatPower(Number.NaN)).toBe('–')
    expect(powerQuantity(undefined)).toEqual({ value: '–', unit: 'kW' })
  })
})

it('counts energy, share and price in their units', () => {
  expect(formatEnergy(18_230)).toBe('18.2\u00a0kWh')
  expect(formatEnergy(3_000_000)).toBe('3.00\u00a0MWh')
  expect(formatPercent(83.6)).toBe('84\u00a0%')
  expect(formatPrice(0.194)).toBe('19.4\u00a0p/kWh')
  expect(formatNumber(1234567.891, 1)).toBe('1,234,567.9')
})

it('takes what a meter cannot tell from zero for rest', () => {
  expect([60, -60, 49, -49, null].map(direction)).toEqual(['in', 'out', 'still', 'still', 'still'])
})
