import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { alarmSentence, alarmTitle } from './alarm'
import { type Translate, translators } from './i18n'

const en = translators['en-GB']
const zh = translators['zh-Hans']
const NOW = '2026-06-16T12:00:00Z'
const sentence = (t: Translate, code: string, data = {}, detail = 'in English') =>
  alarmSentence(t, { code, data, detail }, NOW, 'Europe/London')

const source = readFileSync(
  new URL('../../../../scheduler/store/alarms.py', import.meta.url),
  'utf8',
)
const codes = [
  ...(/class AlarmCode[\s\S]*?\n\n\n/.exec(source)?.[0] ?? '').matchAll(/^ {4}[A-Z_]+ = "(\w+)"/gm),
].map(([, code]) => code as string)

it('has a title and a sentence for every alarm of the hub, with the same data', () => {
  expect(codes.length).toBeGreaterThan(10)
  for (const code of codes) {
    const english = new RegExp(`AlarmCode\\.${code.toUpperCase()}: ([\\s\\S]*?),\n`).exec(source)
    const names = [...(english?.[1] ?? '').matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    const data = Object.fromEntries(names.map((name) => [name, name?.endsWith('_wh') ? 1000 : NOW]))
    for (const t of [en, zh]) {
      expect(alarmTitle(t, { code }), code).not.toContain('_')
      expect(sentence(t, code, data), code).not.toBe('in English')
    }
    expect(sentence(zh, code, data), code).toMatch(/[\u4e00-\u9fff]/)
  }
})

it('names meters, energies and times as people of each language read them', () => {
  expect(sentence(zh, 'meter_frozen', { meter: 'wind' })).toBe(
    '站点功率在变化，但风电电表的读数始终不变',
  )
  const data = { vehicle_id: 'van-036', shortfall_wh: 3100, departure_at: '2026-06-16T16:26:00Z' }
  expect(sentence(en, 'vehicle_at_risk', data)).toBe(
    'van-036 will miss 3.1\u00a0kWh when it leaves at 17:26',
  )
  expect(sentence(zh, 'vehicle_at_risk', data)).toBe('van-036 将在 17:26 离开，届时缺 3.1\u00a0kWh')
})

it('keeps the words of the hub for an alarm it does not know, or that has no data', () => {
  expect(sentence(zh, 'moon_phase')).toBe('in English')
  expect(sentence(zh, 'vehicle_at_risk')).toBe('in English')
})
