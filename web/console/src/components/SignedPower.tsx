/** A power with its direction as arrow, sign and (for readers) word. */

import { memo } from 'react'
import { direction, formatPower, UNKNOWN } from '@/lib/format'
import { useT } from '@/lib/i18n'

interface SignedPowerProps {
  power_w: number | null | undefined
  stale?: boolean
  /** Why it is greyed, e.g. "last known value, as of 14:05". */
  title?: string
}

export const SignedPower = memo(function SignedPower({ power_w, stale, title }: SignedPowerProps) {
  const t = useT()
  const flow = direction(power_w)
  const word = { in: t('flow.charging'), out: t('flow.discharging'), still: t('flow.still') }[flow]
  return (
    <span className={`signed ${flow} ${stale ? 'stale' : ''}`} title={title ?? word}>
      {flow !== 'still' && <i aria-hidden>{flow === 'in' ? '▲' : '▼'}</i>}
      {power_w == null ? UNKNOWN : formatPower(power_w)}
      {flow !== 'still' && <span className="sr-only">, {word}</span>}
    </span>
  )
})
