/** Texts by key and language; `t.n` picks the plural form. */

import { type Language, language, usePreference } from '../prefs'
import { en, type Key } from './en'
import { zh } from './zh'

export type { Key } from './en'

type PluralStem = Key extends infer K ? (K extends `${infer Stem}_other` ? Stem : never) : never
export type Values = Readonly<Record<string, string | number>>

export interface Translate {
  (key: Key, values?: Values): string
  /** The form of `stem` for `count`, which also fills in `{n}`. */
  n: (stem: PluralStem, count: number, values?: Values) => string
  language: Language
}

const texts: Record<Language, Record<Key, string>> = { 'en-GB': en, 'zh-Hans': zh }

function fill(text: string, values: Values = {}): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) =>
    name in values ? String(values[name]) : whole,
  )
}

function make(lang: Language): Translate {
  const table = texts[lang]
  const plural = new Intl.PluralRules(lang)
  const translate = (key: Key, values?: Values) => fill(table[key], values)
  const n = (stem: PluralStem, count: number, values?: Values) => {
    const form = plural.select(count) === 'one' ? 'one' : 'other'
    return fill(table[`${stem}_${form}` as Key], { n: count, ...values })
  }
  return Object.assign(translate, { n, language: lang })
}

export const translators: Record<Language, Translate> = {
  'en-GB': make('en-GB'),
  'zh-Hans': make('zh-Hans'),
}

export function useT(): Translate {
  return translators[usePreference(language)]
}

/** Whether a code that came over the wire has a text under `prefix`. */
export function isKey(candidate: string): candidate is Key {
  return candidate in en
}
