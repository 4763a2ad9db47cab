/** One charger beside the list: live, its OCPP messages, what it is. Esc closes it. */

import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { X } from 'lucide-react'
import { type KeyboardEvent, useState } from 'react'
import { Note, ProblemNote } from '@/components/Card'
import { ChargerActions } from '@/components/ChargerActions'
import { ChargerLive } from '@/components/ChargerLive'
import { Messages } from '@/components/Messages'
import { Proof } from '@/components/Proof'
import { EvseStatePill } from '@/components/StatePill'
import { StationFacts } from '@/components/StationFacts'
import { ApiProblem } from '@/lib/api'
import { evseState } from '@/lib/evse'
import { useT } from '@/lib/i18n'
import { tabByKey, useKeys } from '@/lib/keys'
import { evseKey } from '@/lib/live'
import { useStation } from '@/lib/queries'
import { TABS, type Tab } from '@/lib/search'
import { useLive } from '@/lib/stream'
import type { Evse, Station } from '@/lib/types'

function Tabs({ tab, onChange }: { tab: Tab; onChange: (tab: Tab) => void }) {
  const t = useT()
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const next = tabByKey(TABS, tab, event.key)
    if (next === null) return
    event.preventDefault()
    document.getElementById(`tab-${next}`)?.focus()
    onChange(next)
  }
  return (
    <div className="tabs" role="tablist" onKeyDown={onKeyDown}>
      {TABS.map((each) => (
        <button
          key={each}
          type="button"
          role="tab"
          id={`tab-${each}`}
          aria-selected={each === tab}
          tabIndex={each === tab ? 0 : -1}
          aria-controls="charger-panel"
          data-testid={`tab-${each}`}
          onClick={() => onChange(each)}
        >
          {t(`detail.tab.${each}`)}
        </button>
      ))}
    </div>
  )
}

interface EvsePickerProps {
  evses: Evse[]
  chosen: number
  onChange: (evseId: number) => void
}

function EvsePicker({ evses, chosen, onChange }: EvsePickerProps) {
  const t = useT()
  if (evses.length < 2) return null
  return (
    <div className="segments">
      {evses.map(({ evse_id }) => (
        <button
          key={evse_id}
          type="button"
          aria-pressed={evse_id === chosen}
          onClick={() => onChange(evse_id)}
        >
          {t('detail.evse', { id: evse_id })}
        </button>
      ))}
    </div>
  )
}

/** The EVSE as the stream last told it, else as the station's answer has it. */
function useFreshEvse(station: Station | undefined, evseId: number): Evse | undefined {
  const listed = station?.evses.find((evse) => evse.evse_id === evseId) ?? station?.evses[0]
  const live = useLive((state) => (listed ? state.evses.get(evseKey(listed)) : undefined))
  return live ?? listed
}

export function ChargerPage() {
  const t = useT()
  const { stationId } = useParams({ from: '/chargers/$stationId' })
  const { tab = 'live' } = useSearch({ from: '/chargers' })
  const navigate = useNavigate({ from: '/chargers/$stationId' })
  const [evseId, setEvseId] = useState(1)
  const query = useStation(stationId)
  const evse = useFreshEvse(query.data, evseId)
  const close = () => void navigate({ to: '/chargers', search: (before) => before })
  const setTab = (next: Tab) =>
    void navigate({
      to: '.',
      search: (before) => ({ ...before, tab: next === 'live' ? undefined : next }),
      replace: true,
    })
  useKeys({ Escape: close })
  const missing = query.error instanceof ApiProblem && query.error.status === 404
  const station = query.data
  return (
    <aside className="card detail" data-testid="charger-detail" aria-label={stationId}>
      <header>
        <h2 className="detail-title">{stationId}</h2>
        {evse && <EvseStatePill state={evseState(evse)} />}
        <span className="fill" />
        {station && evse && <ChargerActions station={station} evse={evse} />}
        <button
          type="button"
          className="button quiet small icon"
          aria-label={t('detail.close')}
          title={`${t('detail.close')} (Esc)`}
          onClick={close}
        >
          <X size={18} aria-hidden />
        </button>
      </header>
      <Tabs tab={tab} onChange={setTab} />
      <div
        className="detail-scroll"
        role="tabpanel"
        id="charger-panel"
        aria-labelledby={`tab-${tab}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
      >
        {missing && <Note problem>{t('detail.notFound', { id: stationId })}</Note>}
        {query.error && !missing && !station && (
          <ProblemNote error={query.error} retry={() => query.refetch()} />
        )}
        {query.isPending && <Note>{t('common.loading')}</Note>}
        {station && (
          <>
            <EvsePicker evses={station.evses} chosen={evseId} onChange={setEvseId} />
            {tab === 'live' && evse && (
              <ChargerLive key={evseKey(evse)} station={station} evse={evse} />
            )}
            {tab === 'proof' && evse && <Proof key={evseKey(evse)} evse={evse} />}
            {tab === 'messages' && <Messages key={stationId} stationId={stationId} />}
            {tab === 'station' && <StationFacts station={station} />}
          </>
        )}
      </div>
    </aside>
  )
}
