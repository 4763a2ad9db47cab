/** Payments that were not taken: each waits for a person to have it settled or to write it off. */

import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { post } from '@/lib/api'
import { type Key, useT } from '@/lib/i18n'
import {
  amountText,
  changedWords,
  type Decision,
  decisionPath,
  decisionsOf,
  openWords,
  reasonKey,
  type Words,
  wordsOf,
} from '@/lib/payments'
import { useOpenPayments } from '@/lib/queries'
import { useMay } from '@/lib/session'
import { useNow, useSite } from '@/lib/site'
import { formatWhen } from '@/lib/time'
import type { Settlement } from '@/lib/types'
import { Card } from './Card'
import { ConfirmDialog, TextField } from './Confirm'
import { StatusPill } from './StatePill'

const LABELS: Record<Decision, Key> = { settle: 'pay.settle', write_off: 'pay.writeOff' }
const HELPS: Record<Decision, Key> = { settle: 'pay.settleHelp', write_off: 'pay.writeOffHelp' }
const WORDS: Record<keyof Words, Key> = {
  amount: 'pay.amount',
  currency: 'pay.currency',
  psp_ref: 'pay.reference',
}

interface DecideProps {
  payment: Settlement
  decision: Decision
  onClose: () => void
}

function DecideDialog({ payment, decision, onClose }: DecideProps) {
  const t = useT()
  const [reason, setReason] = useState('')
  const [words, setWords] = useState(() => wordsOf(payment))
  const settles = decision === 'settle'
  const told = settles ? changedWords(payment, words) : { reason: reason.trim() || null }
  return (
    <ConfirmDialog
      title={t(LABELS[decision])}
      label={t(LABELS[decision])}
      danger={!settles}
      disabled={told === null}
      testId="payment-confirm"
      changes="payments"
      act={() => post(decisionPath(payment), { decision, ...told })}
      onClose={onClose}
    >
      <p>
        <b>{amountText(payment)}</b> · {payment.psp_ref} · {payment.station_id}
      </p>
      <p className="hint">
        {t(settles && payment.status === 'Refused' ? 'pay.refusedHelp' : HELPS[decision])}
        {settles && payment.amount == null && ` ${t('pay.amountHelp')}`}
      </p>
      {settles ? (
        openWords(payment).map((name) => (
          <TextField
            key={name}
            label={t(WORDS[name])}
            inputMode={name === 'amount' ? 'decimal' : 'text'}
            maxLength={name === 'currency' ? 3 : 255}
            data-testid={`payment-${name}`}
            value={words[name]}
            onChange={(value) => setWords({ ...words, [name]: value })}
          />
        ))
      ) : (
        <TextField label={t('pay.reason')} value={reason} onChange={setReason} />
      )}
    </ConfirmDialog>
  )
}

function PaymentItem({ payment }: { payment: Settlement }) {
  const t = useT()
  const site = useSite()
  const now = useNow()
  const may = useMay('operator')
  const known = payment.reason ? reasonKey(payment.reason) : undefined
  const [deciding, setDeciding] = useState<Decision | null>(null)
  return (
    <li className="signal">
      <div className="signal-head">
        <StatusPill prefix="pay.status" status={payment.status.toLowerCase()} />
        <b>{amountText(payment)}</b>
        <span className="fill" />
        {may && (
          <span className="together">
            {decisionsOf(payment).map((decision) => (
              <button
                key={decision}
                type="button"
                className="button quiet small"
                data-testid={`payment-${decision}`}
                aria-label={`${t(LABELS[decision])}: ${payment.psp_ref}`}
                onClick={() => setDeciding(decision)}
              >
                {t(LABELS[decision])}
              </button>
            ))}
          </span>
        )}
      </div>
      <p className="hint">
        <Link to="/chargers/$stationId" params={{ stationId: payment.station_id }} className="link">
          {payment.station_id}
        </Link>{' '}
        · {payment.psp_ref} · {formatWhen(payment.due_at, now, site.time_zone, t.language)}
        {payment.reason && <span className="block">{known ? t(known) : payment.reason}</span>}
      </p>
      {deciding && (
        <DecideDialog payment={payment} decision={deciding} onClose={() => setDeciding(null)} />
      )}
    </li>
  )
}

/** Nothing at all while no payment waits: most sites take none. */
export function PaymentsCard() {
  const t = useT()
  const site = useSite()
  const { data } = useOpenPayments(site.site_id)
  if (!data || data.items.length === 0) return null
  return (
    <Card title={t('pay.title')}>
      <ul className="signals" data-testid="payments">
        {data.items.map((payment) => (
          <PaymentItem key={`${payment.station_id} ${payment.transaction_id}`} payment={payment} />
        ))}
      </ul>
      {data.next && <p className="hint">{t('pay.more')}</p>}
    </Card>
  )
}
