/** What one administrator asked for and another is to look at, approve or refuse. */

import { useState } from 'react'
import { post } from '@/lib/api'
import { ACTIONS, isOwn, payloadText } from '@/lib/approvals'
import { useT } from '@/lib/i18n'
import { useApprovals } from '@/lib/queries'
import { useMay, useSession } from '@/lib/session'
import { useSite } from '@/lib/site'
import { formatTime } from '@/lib/time'
import type { Approval } from '@/lib/types'
import { Card } from './Card'
import { Problem, useAct } from './Confirm'
import { Dialog } from './Dialog'

interface DecideProps {
  wish: Approval
  own: boolean
  onClose: () => void
}

function DecideDialog({ wish, own, onClose }: DecideProps) {
  const t = useT()
  const { busy, problem, run } = useAct('approvals', onClose)
  const decide = (what: 'approve' | 'refuse') => {
    const body = what === 'approve' ? { payload_hash: wish.payload_hash } : {}
    run(() => post(`/approvals/${wish.approval_id}/${what}`, body))
  }
  return (
    <Dialog title={t(ACTIONS[wish.action] ?? 'approval.title')} onClose={onClose}>
      <p>
        <b>{wish.reason}</b>
      </p>
      <p className="hint">{t(own ? 'approval.own' : 'approval.help')}</p>
      <pre className="payload">{payloadText(wish)}</pre>
      <Problem text={problem} />
      <footer>
        <button
          type="button"
          className="button"
          data-testid="approval-refuse"
          disabled={busy}
          onClick={() => decide('refuse')}
        >
          {t(own ? 'approval.withdraw' : 'approval.refuse')}
        </button>
        {!own && (
          <button
            type="button"
            className="button danger"
            data-testid="approval-approve"
            disabled={busy}
            onClick={() => decide('approve')}
          >
            {t('approval.approve')}
          </button>
        )}
      </footer>
    </Dialog>
  )
}

function ApprovalItem({ wish }: { wish: Approval }) {
  const t = useT()
  const site = useSite()
  const username = useSession().data?.username ?? undefined
  const [deciding, setDeciding] = useState(false)
  const action = ACTIONS[wish.action]
  return (
    <li className="signal">
      <div className="signal-head">
        <b>{action ? t(action) : wish.action}</b>
        <span className="fill" />
        <button
          type="button"
          className="button small"
          data-testid="approval-look"
          aria-label={`${t('approval.look')}: ${wish.reason}`}
          onClick={() => setDeciding(true)}
        >
          {t('approval.look')}
        </button>
      </div>
      <p className="hint">
        {t('approval.by', {
          who: wish.asked_by.replace(/^user:/, ''),
          time: formatTime(wish.expires_at, site.time_zone),
        })}
        <span className="block">{wish.reason}</span>
      </p>
      {deciding && (
        <DecideDialog wish={wish} own={isOwn(wish, username)} onClose={() => setDeciding(false)} />
      )}
    </li>
  )
}

/** Nothing at all while nothing waits, and for who may not decide. */
export function ApprovalsCard() {
  const may = useMay('admin')
  return may ? <Waiting /> : null
}

function Waiting() {
  const t = useT()
  const { data } = useApprovals()
  if (!data || data.length === 0) return null
  return (
    <Card title={t('approval.title')}>
      <ul className="signals" data-testid="approvals">
        {data.map((wish) => (
          <ApprovalItem key={wish.approval_id} wish={wish} />
        ))}
      </ul>
    </Card>
  )
}
