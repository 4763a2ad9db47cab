/** What a station's figures suggest of its meter or its EVSEs, for an operator to decide on. */

import type { Key } from './i18n'
import { isKey } from './i18n'
import type { Quirk } from './types'

/** A quirk that somebody should look at. */
export type Suspect = Quirk & { proposed: NonNullable<Quirk['proposed']> }

export function proposedOf(quirks: readonly Quirk[]): Suspect[] {
  return quirks.filter((one): one is Suspect => one.proposed !== null)
}

/** The quirk in words, if there are any. */
export function nameKey(name: string): Key | null {
  const key = `quirk.name.${name}`
  return isKey(key) ? key : null
}

/** One value of it in words, if there are any. */
export function valueKey(name: string, value: unknown): Key | null {
  const key = `quirk.value.${name}_${String(value)}`
  return isKey(key) ? key : null
}

/** What is set for each answer: the proposed value, or the one that holds, by an operator's word. */
export function decided(quirk: Suspect, accepts: boolean): { value: unknown } {
  return { value: accepts ? quirk.proposed.value : quirk.value }
}
