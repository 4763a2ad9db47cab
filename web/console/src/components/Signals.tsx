/** Grid signals: what is asked of the site, what it can give, what it delivered. */

import { Plus } from 'lucide-react'
import { useState } from 'react'
import { post, remove } from '@/lib/api'
import { formatMagnitude, formatPower } from '@/lib/format'
import { useT } from '@/lib/i18n'
import { useSignals } from '@/lib/queries'
import { useMay, useSession } from '@/lib/session'
import { askedText, EMERGENCY, mergeSignals, OPEN_STATUSES, takesTwo } from '@/lib/signals'
import { useNow, useSite } from '@/lib/site'
import { useLive } from '@/lib/stream'
import { formatTime, formatWhen } from '@/lib/time'
import type { Acknowledgement, Signal } from '@/lib/types'
import { Card, Note, ProblemNote } from './Card'
import { ConfirmDialog, TextField } from './Confirm'
import { Delivery } from './Delivery'
import { SignalDialog } from './SignalDialog'
import { StatusPill } from './StatePill'

const LAST = 4

/** What fleet and store can give, as told when the signal was accepted. */
export function Capability({ answer }: { answer: Acknowledgement }) {
  const t = useT()
  const { requested_w, deliverable_w } = answer
  return (
    <p className="capability">
      <span className={answer.feasible ? 'pill good' : 'pill warn'}>
        {answer.feasible ? '✓' : '!'} {t(answer.feasible ? 'signal.feasible' : 'signal.infeasible')}
      </span>{' '}
      {requested_w != null && deliverable_w != null && (
        <b>
          {t('signal.deliverable', {
            deliverable: formatPower(deliverable_w),
            requested: formatPower(requested_w),
          })}
        </b>
      )}{' '}
      {answer.available_down_w != null && answer.available_up_w != null && (
        <span className="hint">
          {t('signal.capability', {
            down: formatMagnitude(answer.available_down_w),
            up: formatMagnitude(answer.available_up_w),
          })}
        </span>
      )}
    </p>
  )
}

interface CancelProps {
  signal: Signal
  onClose: () => void
}

function CancelDialog({ signal, onClose }: CancelProps) {
  const t = useT()
  return (
    <ConfirmDialog
      title={t('signal.cancelAsk')}
      label={t('signal.cancel')}
      dismiss={t('common.close')}
      danger
      testId="signal-cancel"
      changes="signals"
      act={() => remove(`/sites/${signal.site_id}/signals/${signal.signal_id}`)}
      onClose={onClose}
    >
      <p>{askedText(t, signal)}</p>
      <p className="hint">{t('signal.cancelHelp')}</p>
    </ConfirmDialog>
  )
}

/** Lifting a limit that another set: it is asked for, and a second administrator does it. */
function AskDialog({ signal, onClose }: CancelProps) {
  const t = useT()
  const [reason, setReason] = useState('')
  const { site_id, signal_id } = signal
  const wish = { action: 'signal.cancel', payload: { site_id, signal_id }, reason: reason.trim() }
  return (
    <ConfirmDialog
      title={t('signal.cancelAsk')}
      label={t('approval.ask')}
      dismiss={t('common.close')}
      disabled={wish.reason.length < 3}
      testId="signal-cancel-ask"
      changes="approvals"
      act={() => post('/approvals', wish)}
      onClose={onClose}
    >
      <p>{askedText(t, signal)}</p>
      <p className="hint">{t('signal.cancelTakesTwo', { operator: sender(signal) })}</p>
      <TextField label={t('approval.why')} value={reason} onChange={setReason} />
    </ConfirmDialog>
  )
}

/** Who sent it, in one word. */
function sender(signal: Signal): string {
  return signal.operator.replace(/^\w+:/, '')
}

function SignalItem({ signal, first }: { signal: Signal; first: boolean }) {
  const t = useT()
  const site = useSite()
  const now = useNow()
  const two = takesTwo(signal, useSession().data?.username)
  const may = useMay(two ? 'admin' : 'operator')
  const [cancelling, setCancelling] = useState(false)
  const Cancelling = two ? AskDialog : CancelDialog
  const open = OPEN_STATUSES.includes(signal.status)
  const started = Date.parse(signal.starts_at) <= Date.parse(now)
  const delivers = signal.kind === 'instruction' && started && signal.status !== 'cancelled'
  return (
    <li className="signal">
      <div className="signal-head">
        <StatusPill prefix="signal.status" status={signal.status} />
        <b>{askedText(t, signal)}</b>
        <span className="fill" />
        {may && open && (
          <button
            type="button"
            className="button quiet small"
            onClick={() => setCancelling(true)}
            aria-label={`${t('signal.cancel')}: ${signal.external_id}`}
          >
            {t('common.cancel')}
          </button>
        )}
      </div>
      <p className="hint">
        {formatWhen(signal.starts_at, now, site.time_zone, t.language)}–
        {signal.operator === EMERGENCY && open
          ? t('emergency.untilLifted')
          : formatTime(signal.ends_at, site.time_zone)}{' '}
        · {signal.external_id} · {t('signal.by', { operator: sender(signal) })} ·{' '}
        {t('signal.priority')} {signal.priority}
      </p>
      {(open || first) && signal.acknowledgement && <Capability answer={signal.acknowledgement} />}
      {delivers && (signal.status === 'active' || first) && (
        <Delivery signalId={signal.signal_id} status={signal.status} />
      )}
      {cancelling && <Cancelling signal={signal} onClose={() => setCancelling(false)} />}
    </li>
  )
}

export function SignalsCard() {
  const t = useT()
  const site = useSite()
  const may = useMay('operator')
  const query = useSignals(site.site_id)
  const live = useLive((state) => state.signals)
  const [posting, setPosting] = useState(false)
  const ours = live.filter((signal) => signal.site_id === site.site_id)
  const signals = mergeSignals(query.data ?? [], ours)
  const open = signals.filter((signal) => OPEN_STATUSES.includes(signal.status))
  const shown = signals.slice(0, Math.max(open.length, LAST))
  return (
    <Card
      title={t('signal.title')}
      actions={
        may && (
          <button
            type="button"
            className="button small"
            data-testid="signal-new"
            onClick={() => setPosting(true)}
          >
            <Plus size={15} aria-hidden />
            {t('signal.new')}
          </button>
        )
      }
    >
      {query.error && !query.data && (
        <ProblemNote error={query.error} retry={() => query.refetch()} />
      )}
      {query.isPending && shown.length === 0 && <Note>{t('common.loading')}</Note>}
      {query.data && shown.length === 0 && <Note>{t('signal.empty')}</Note>}
      <ul className="signals">
        {shown.map((signal, index) => (
          <SignalItem key={signal.signal_id} signal={signal} first={index === 0} />
        ))}
      </ul>
      {posting && <SignalDialog onClose={() => setPosting(false)} />}
    </Card>
  )
}
