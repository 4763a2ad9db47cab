/** The OCPP log of one station, newest first: direction, action, payload on demand; it can be paused. */

import { ArrowDownLeft, ArrowUpRight, ChevronRight, Pause, Play } from 'lucide-react'
import { useState } from 'react'
import { useT } from '@/lib/i18n'
import { useMessages } from '@/lib/queries'
import { useSite } from '@/lib/site'
import { formatTime } from '@/lib/time'
import type { OcppMessage } from '@/lib/types'
import { Loadable, Note } from './Card'

/** From the station, however the answer spells it. */
export function fromStation(message: OcppMessage): boolean {
  return /^(in|received|from)/i.test(message.direction)
}

function Message({ message }: { message: OcppMessage }) {
  const t = useT()
  const site = useSite()
  const [open, setOpen] = useState(false)
  const incoming = fromStation(message)
  const Arrow = incoming ? ArrowDownLeft : ArrowUpRight
  return (
    <li className={incoming ? 'message in' : 'message out'}>
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
        <ChevronRight size={14} className="chevron" aria-hidden />
        <time dateTime={message.at}>{formatTime(message.at, site.time_zone, true)}</time>
        <Arrow size={14} aria-hidden />
        <span className="sr-only">{t(incoming ? 'msg.received' : 'msg.sent')}</span>
        <b>{message.action}</b>
        <span className="kind">{message.kind}</span>
      </button>
      {open && (
        <pre>
          {message.message_id}
          {'\n'}
          {JSON.stringify(message.payload, null, 2)}
        </pre>
      )}
    </li>
  )
}

export function Messages({ stationId }: { stationId: string }) {
  const t = useT()
  const [paused, setPaused] = useState(false)
  const [before, setBefore] = useState<number | null>(null)
  const [action, setAction] = useState('')
  const query = useMessages(stationId, before, !paused && before === null)
  const wanted = action.trim().toLowerCase()
  const still = paused || before !== null
  return (
    <div className="panel-body">
      <div className="message-tools">
        <input
          className="input"
          type="search"
          aria-label={t('msg.filter')}
          placeholder={t('msg.filter')}
          value={action}
          onChange={(event) => setAction(event.target.value)}
        />
        <button
          type="button"
          className="button"
          aria-pressed={still}
          onClick={() => {
            setPaused(!still)
            setBefore(null)
          }}
        >
          {still ? <Play size={14} aria-hidden /> : <Pause size={14} aria-hidden />}
          {t(still ? 'msg.resume' : 'msg.pause')}
        </button>
      </div>
      {still && <p className="hint">{t('msg.paused')}</p>}
      <Loadable query={query}>
        {(messages) => {
          const shown = messages.filter((each) => each.action.toLowerCase().includes(wanted))
          if (shown.length === 0)
            return <Note>{t(messages.length === 0 ? 'msg.empty' : 'msg.noMatch')}</Note>
          const last = messages.at(-1)
          return (
            <>
              <ol className="messages">
                {shown.map((message) => (
                  <Message key={message.message_row_id} message={message} />
                ))}
              </ol>
              {last && messages.length >= 100 && (
                <button
                  type="button"
                  className="button"
                  onClick={() => setBefore(last.message_row_id)}
                >
                  {t('msg.older')}
                </button>
              )}
            </>
          )
        }}
      </Loadable>
    </div>
  )
}
