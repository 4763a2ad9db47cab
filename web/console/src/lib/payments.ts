/** What may be decided of a payment that was not taken, and how it reads. */

import { UNKNOWN } from './format'
import type { Key } from './i18n'
import type { DecisionPost, Settlement } from './types'

export type Decision = DecisionPost['decision']

export function decisionsOf({ status }: Pick<Settlement, 'status'>): Decision[] {
  return status === 'Operator' || status === 'Refused' ? ['settle', 'write_off'] : []
}

/** What the provider is asked for, as a person writes it. */
export interface Words {
  amount: string
  currency: string
  psp_ref: string
}

export function wordsOf(payment: Asked): Words {
  const { amount, currency, psp_ref, asked_as } = payment
  return { amount: amount ?? '', currency: currency ?? '', psp_ref: asked_as ?? psp_ref }
}

type Asked = Pick<Settlement, 'status' | 'amount' | 'currency' | 'psp_ref' | 'asked_as'>

/** Which of the words are a person's to say: a provider that refused would say the same again; what
 *  it was asked for and has not refused, it may have taken. */
export function openWords({ status, amount, currency }: Asked): (keyof Words)[] {
  if (status !== 'Refused' && amount != null) return []
  return ['amount', ...(currency ? [] : (['currency'] as const)), 'psp_ref']
}

/** The words that changed, as the hub is told them; null while they cannot be asked for. */
export function changedWords(payment: Asked, said: Words): Partial<Words> | null {
  const before = wordsOf(payment)
  const names = openWords(payment).filter((name) => said[name].trim() !== before[name])
  const told = Object.fromEntries(names.map((name) => [name, said[name].trim()]))
  if (payment.status === 'Refused' && names.length === 0) return null
  const amount = told.amount ?? before.amount
  const currency = told.currency ?? before.currency
  const isMoney = /^\d{1,11}(\.\d{1,3})?$/.test(amount) && /^[A-Z]{3}$/.test(currency)
  return names.length === 0 || isMoney ? told : null
}

export function decisionPath(of: Pick<Settlement, 'station_id' | 'transaction_id'>): string {
  const [station, transaction] = [of.station_id, of.transaction_id].map(encodeURIComponent)
  return `/payments/settlements/${station}/${transaction}`
}

/** Decimals as the hub told them: money is not rounded twice. */
export function amountText({ amount, currency }: Pick<Settlement, 'amount' | 'currency'>): string {
  return amount == null ? UNKNOWN : `${amount} ${currency ?? ''}`.trim()
}

/** The hub's own reasons (csms/domain/settling.py); what a provider says is shown as it said it. */
const REASONS: Record<string, Key> = {
  'no payment provider is set': 'pay.noProvider',
  'nobody knows what it cost: no tariff was in force': 'pay.noCost',
}

export function reasonKey(reason: string): Key | undefined {
  return REASONS[reason]
}
