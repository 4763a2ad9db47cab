/** What may be decided of a payment that was not taken, and how it reads. */

import { UNKNOWN } from './format'
import type { DecisionPost, Settlement } from './types'

export type Decision = DecisionPost['decision']

/** A provider that refused would say the same again. */
export function decisionsOf({ status }: Pick<Settlement, 'status'>): Decision[] {
  if (status === 'Operator') return ['settle', 'write_off']
  return status === 'Refused' ? ['write_off'] : []
}

export function decisionPath(of: Pick<Settlement, 'station_id' | 'transaction_id'>): string {
  const [station, transaction] = [of.station_id, of.transaction_id].map(encodeURIComponent)
  return `/payments/settlements/${station}/${transaction}`
}

/** Decimals as the hub told them: money is not rounded twice. */
export function amountText({ amount, currency }: Pick<Settlement, 'amount' | 'currency'>): string {
  return amount == null ? UNKNOWN : `${amount} ${currency ?? ''}`.trim()
}
