/** The emergency button: one person reduces the site at once, and anybody may see that it holds. */

import { OctagonAlert } from 'lucide-react'
import { useRef, useState } from 'react'
import { newKey, post, remove } from '@/lib/api'
import { useT } from '@/lib/i18n'
import { useSignals } from '@/lib/queries'
import { useMay } from '@/lib/session'
import { askedText, EMERGENCY, mergeSignals, OPEN_STATUSES } from '@/lib/signals'
import { useSite } from '@/lib/site'
import { useLive } from '@/lib/stream'
import { ConfirmDialog, TextField } from './Confirm'

interface AskProps {
  /** The signal to lift; none: reduce. */
  lifts?: string
  onClose: () => void
}

function AskDialog({ lifts, onClose }: AskProps) {
  const t = useT()
  const site = useSite()
  const key = useRef(newKey())
  const [reason, setReason] = useState('')
  // What is asked in other words is another wish; a key stands for one.
  const say = (told: string) => {
    key.current = newKey()
    setReason(told)
  }
  const path = `/sites/${site.site_id}`
  const body = { reason: reason.trim() || t('emergency.button') }
  return (
    <ConfirmDialog
      title={t(lifts ? 'emergency.liftAsk' : 'emergency.ask')}
      label={t(lifts ? 'emergency.lift' : 'emergency.confirm')}
      danger={!lifts}
      testId="emergency-confirm"
      changes="signals"
      act={() =>
        lifts ? remove(`${path}/signals/${lifts}`) : post(`${path}/emergency`, body, key.current)
      }
      onClose={onClose}
    >
      <p>{t(lifts ? 'emergency.liftHelp' : 'emergency.help')}</p>
      {!lifts && <TextField label={t('emergency.reason')} value={reason} onChange={say} />}
    </ConfirmDialog>
  )
}

/** A button while all is well; while a reduction holds, what it asks and the way to lift it. */
export function EmergencyBar() {
  const t = useT()
  const site = useSite()
  const may = useMay('operator')
  const query = useSignals(site.site_id)
  const live = useLive((state) => state.signals)
  // What was asked when it opened: a button never comes to mean the opposite under a hand.
  const [asking, setAsking] = useState<Pick<AskProps, 'lifts'> | null>(null)
  const ours = live.filter((signal) => signal.site_id === site.site_id)
  const held = mergeSignals(query.data ?? [], ours).find(
    (signal) => signal.operator === EMERGENCY && OPEN_STATUSES.includes(signal.status),
  )
  if (!held && !may) return null
  return (
    <div className={held ? 'emergency held' : 'emergency'} data-testid="emergency">
      {held && (
        <p role="alert">
          <OctagonAlert size={18} aria-hidden />{' '}
          <b>{t('emergency.holds', { asked: askedText(t, held) })}</b>
        </p>
      )}
      {may && (
        <button
          type="button"
          className={held ? 'button' : 'button danger'}
          data-testid={held ? 'emergency-lift' : 'emergency-button'}
          onClick={() => setAsking({ lifts: held?.signal_id })}
        >
          {!held && <OctagonAlert size={16} aria-hidden />}
          {t(held ? 'emergency.lift' : 'emergency.button')}
        </button>
      )}
      {asking && <AskDialog lifts={asking.lifts} onClose={() => setAsking(null)} />}
    </div>
  )
}
