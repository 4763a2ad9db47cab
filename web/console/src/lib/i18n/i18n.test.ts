import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { en } from './en'
import { translators } from './index'
import { zh } from './zh'

const placeholders = (text: string) =>
  [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort()

it('has the same keys in both languages, in both directions', () => {
  expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort())
})

it('fills the same blanks in both languages', () => {
  for (const [key, text] of Object.entries(en))
    expect(placeholders(zh[key as keyof typeof en]), key).toEqual(placeholders(text))
})

it('translates every text: what reads alike is a name or a unit', () => {
  const alike = Object.keys(en).filter(
    (key) => en[key as keyof typeof en] === zh[key as keyof typeof en],
  )
  expect(alike.sort()).toEqual(['app.title', 'col.soc', 'detail.evse', 'detail.ocpp'])
})

it('uses every text somewhere', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path) && !/test|i18n.(en|zh)(-\w+)?\.ts$|api-types/.test(path))
    .map((path) => readFileSync(join('src', path), 'utf8'))
    .join('\n')
  const unused = Object.keys(en).filter((key) => {
    const stem = key.replace(/_(one|other)$/, '')
    const family = key.slice(0, key.lastIndexOf('.') + 1)
    return ![`'${stem}'`, `\`${family}$`, `prefix="${family.slice(0, -1)}"`].some((use) =>
      sources.includes(use),
    )
  })
  expect(unused).toEqual([])
})

it('picks the form for a number', () => {
  const t = translators['en-GB']
  expect(t.n('plan.charging', 1)).toBe('1 vehicle charges')
  expect(t.n('plan.charging', 3)).toBe('3 vehicles charge')
  expect(translators['zh-Hans'].n('plan.charging', 1)).toBe('1 辆充电')
  expect(t('common.asOf', {})).toBe('as of {time}')
})
