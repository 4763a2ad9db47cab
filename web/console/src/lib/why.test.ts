import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { translators } from './i18n'
import { WHY_CODES } from './types'
import { fixSentence, whySentence, whyShort } from './why'

const en = translators['en-GB']
const zh = translators['zh-Hans']
const NOW = '2026-06-16T12:00:00Z'
const sentence = (why: Parameters<typeof whySentence>[1], t = en) =>
  whySentence(t, why, 'Europe/London', NOW)

it('has a sentence of its own for every code, in both languages', () => {
  for (const t of [en, zh]) {
    const sentences = WHY_CODES.map((code) => sentence({ code }, t))
    expect(new Set(sentences).size).toBe(WHY_CODES.length)
    for (const text of sentences) expect(text).not.toContain('_')
    const words = WHY_CODES.map((code) => whyShort(t, code))
    expect(new Set(words).size).toBe(WHY_CODES.length)
    expect(words.join()).not.toContain('_')
  }
})

it('knows every code that planner and controller can give', () => {
  const read = (path: string) =>
    readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8')
  const planner = /class WhyCode[\s\S]*?\n\n\n/.exec(read('scheduler/domain/plan.py'))?.[0] ?? ''
  const guard = /GUARD_CODES[\s\S]*?\n\}/.exec(read('web/why.py'))?.[0] ?? ''
  const codes = [
    ...[...planner.matchAll(/^ {4}[A-Z0-9_]+ = "(\w+)"/gm)].map(([, code]) => code),
    ...[...guard.matchAll(/: "(\w+)",$/gm)].map(([, code]) => code),
  ]
  expect(codes.length).toBeGreaterThan(15)
  expect(WHY_CODES).toEqual(expect.arrayContaining([...new Set(codes)]))
})

it('names what binds and until when', () => {
  const why = { code: 'circuit_limit', detail: 'fleet', until: '2026-06-16T12:30:00Z' }
  expect(sentence(why)).toBe('Held back because the circuit is at its limit (fleet), until 13:30')
  expect(sentence(why, zh)).toBe('回路已达限值，功率受限（fleet），至 13:30')
  expect(sentence({ code: 'instruction', detail: 'dso-2026' })).toContain('(dso-2026)')
  expect(sentence({ code: 'instruction', detail: 'fleet -12.0 kW' })).toContain(
    '(fleet \u221212.0 kW)',
  )
})

it('says what energy costs and what else could be done', () => {
  const runner_up = { action: 'charge_then', at: '2026-06-17T02:00:00Z', extra_gbp_per_kwh: 0.0124 }
  const why = { code: 'cheap_slot', cost_gbp_per_kwh: 0.1, runner_up }
  expect(sentence(why)).toBe(
    'Charges now because energy is cheap in this slot; energy costs 10.0\u00a0p/kWh, ' +
      'the next best (charging at Wed 17 Jun 03:00) 1.2\u00a0p/kWh more',
  )
  expect(sentence(why, zh)).toContain('次优做法（改在')
  const kept = { ...runner_up, action: 'keep', at: null }
  expect(sentence({ ...why, runner_up: kept })).toContain('(keeping it)')
})

it('has words for everything that the planner may name as the next best', () => {
  const source = readFileSync(
    new URL('../../../../scheduler/domain/plan.py', import.meta.url),
    'utf8',
  )
  const actions = /class RunnerUpAction[\s\S]*?\n\n\n/.exec(source)?.[0] ?? ''
  const codes = [...actions.matchAll(/^ {4}[A-Z_]+ = "(\w+)"/gm)].map(([, code]) => code ?? '')
  expect(codes.length).toBeGreaterThan(5)
  for (const t of [en, zh])
    for (const action of codes)
      expect(
        sentence({ code: 'full', runner_up: { action, extra_gbp_per_kwh: 0 } }, t),
      ).not.toContain('_')
})

it('says so where there is no reason, or one it does not know', () => {
  expect(sentence(null)).toContain('No setpoint is in force')
  expect(sentence({ code: 'moon_phase' })).toContain('moon_phase')
})

it('says what would have a vehicle ready, in both languages', () => {
  const fixes = [
    { change: 'later_departure', cost_gbp: 1, late_s: 4200 },
    { change: 'lower_target', cost_gbp: 0, less_wh: 3140 },
    { change: 'more_power', cost_gbp: 1, more_w: 1300, where: 'yard' },
    { change: 'more_power', cost_gbp: 1, more_w: 1300, where: null },
    { change: 'drop_instruction', cost_gbp: 1 },
  ]
  for (const t of [en, zh]) {
    const sentences = fixes.map((fix) => fixSentence(t, fix))
    expect(new Set(sentences).size).toBe(fixes.length)
    for (const text of sentences) expect(text).not.toMatch(/[_{]/)
  }
  expect(fixes.map((fix) => fixSentence(en, fix))[0]).toMatch(
    /^ready if it leaves 1.h.10.min later$/,
  )
})
