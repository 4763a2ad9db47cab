import { describe, expect, it } from 'vitest'
import { translators } from './i18n'
import {
  formatSpan,
  formatTime,
  formatWhen,
  fromLocalInput,
  localDays,
  toLocalInput,
  zoneName,
} from './time'

const LONDON = 'Europe/London'

it('shows the site’s own time in 24 h', () => {
  expect(formatTime('2026-06-16T16:05:09Z', LONDON)).toBe('17:05')
  expect(formatTime('2026-06-16T16:05:09Z', LONDON, true)).toBe('17:05:09')
  expect(formatTime('2026-06-15T23:00:00Z', LONDON)).toBe('00:00')
  expect(formatTime('2026-06-16T16:05:00Z', 'Asia/Shanghai')).toBe('00:05')
  expect(formatTime(null, LONDON)).toBe('–')
  expect(zoneName('2026-06-16T16:05:00Z', LONDON)).toBe('BST')
})

it('names the day only where it is another', () => {
  const now = '2026-06-16T12:00:00Z'
  expect(formatWhen('2026-06-16T16:00:00Z', now, LONDON, 'en-GB')).toBe('17:00')
  expect(formatWhen('2026-06-16T23:30:00Z', now, LONDON, 'en-GB')).toBe('Wed 17 Jun 00:30')
  expect(formatWhen('2026-06-16T23:30:00Z', now, LONDON, 'zh-Hans')).toContain('6月17日')
})

describe('a typed wall time', () => {
  it.each([
    ['2026-06-16T17:00', '2026-06-16T16:00:00.000Z'],
    ['2026-01-16T17:00', '2026-01-16T17:00:00.000Z'],
    ['2026-10-25T01:30', '2026-10-25T00:30:00.000Z'],
    ['2026-03-29T01:30', '2026-03-29T01:30:00.000Z'],
  ])('%s is %s', (local, instant) =>
    expect(fromLocalInput(local, LONDON)?.toISOString()).toBe(instant),
  )

  it('that is none is none', () => expect(fromLocalInput('2026-06-16T', LONDON)).toBeNull())

  it('comes back as it was typed, around both clock changes', () => {
    for (const start of ['2026-03-28T12:00:00Z', '2026-10-24T12:00:00Z'])
      for (let hour = 0; hour < 30; hour++) {
        const at = Date.parse(start) + hour * 3_600_000
        const local = toLocalInput(at, LONDON)
        const back = fromLocalInput(local, LONDON)
        expect(toLocalInput(back ?? 0, LONDON)).toBe(local)
      }
  })
})

it('tells spans in the reader’s language', () => {
  const [en, zh] = [translators['en-GB'], translators['zh-Hans']]
  expect(formatSpan(en, 45_000)).toBe('45\u00a0s')
  expect(formatSpan(en, 3_900_000)).toBe('1\u00a0h\u00a005\u00a0min')
  expect(formatSpan(en, -5)).toBe('0\u00a0s')
  expect(formatSpan(zh, 720_000)).toBe('12 分钟')
})

it('counts local days, those of 25 and 23 hours too', () => {
  const autumn = ['2026-10-25', '2026-10-26']
  expect(localDays('2026-10-24T23:15:00Z', LONDON, 2)).toEqual(autumn)
  expect(localDays('2026-10-25T23:15:00Z', LONDON, 2)).toEqual(['2026-10-25', '2026-10-26'])
  expect(localDays('2026-03-28T23:30:00Z', LONDON, 2)).toEqual(['2026-03-28', '2026-03-29'])
})
