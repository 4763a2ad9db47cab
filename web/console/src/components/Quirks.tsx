/** What the hub suspects of a station and cannot prove: an operator says whether it holds. */

import { useState } from 'react'
import { put } from '@/lib/api'
import { useT } from '@/lib/i18n'
import { stationPath, useQuirks } from '@/lib/queries'
import { decided, nameKey, proposedOf, type Suspect, valueKey } from '@/lib/quirks'
import { useMay } from '@/lib/session'
import { useNow, useSite } from '@/lib/site'
import { formatWhen } from '@/lib/time'
import { ConfirmDialog } from './Confirm'

interface DecideProps {
  stationId: string
  quirk: Suspect
  accepts: boolean
  onClose: () => void
}

function useWords(quirk: Suspect) {
  const t = useT()
  const name = nameKey(quirk.name)
  const words = (value: unknown) => {
    const key = valueKey(quirk.name, value)
    return key ? t(key) : JSON.stringify(value)
  }
  return {
    name: name ? t(name) : quirk.name,
    now: words(quirk.value),
    proposed: words(quirk.proposed.value),
  }
}

function DecideDialog({ stationId, quirk, accepts, onClose }: DecideProps) {
  const t = useT()
  const { name, now, proposed } = useWords(quirk)
  return (
    <ConfirmDialog
      title={t(accepts ? 'quirk.acceptAsk' : 'quirk.refuseAsk', { name })}
      label={t(accepts ? 'quirk.accept' : 'quirk.refuse')}
      testId="quirk-confirm"
      changes="quirks"
      act={() => put(`${stationPath(stationId)}/quirks/${quirk.name}`, decided(quirk, accepts))}
      onClose={onClose}
    >
      <p>{t('quirk.becomes', { value: accepts ? proposed : now })}</p>
      <p className="hint">{t(accepts ? 'quirk.acceptHelp' : 'quirk.refuseHelp')}</p>
    </ConfirmDialog>
  )
}

function QuirkItem({ stationId, quirk }: { stationId: string; quirk: Suspect }) {
  const t = useT()
  const site = useSite()
  const now = useNow()
  const may = useMay('operator')
  const words = useWords(quirk)
  const [accepts, setAccepts] = useState<boolean | null>(null)
  return (
    <li className="signal">
      <div className="signal-head">
        <b>{words.name}</b>
        <span className="fill" />
        {may && (
          <span className="together">
            {[true, false].map((answer) => (
              <button
                key={String(answer)}
                type="button"
                className="button small"
                data-testid={answer ? 'quirk-accept' : 'quirk-refuse'}
                aria-label={`${t(answer ? 'quirk.accept' : 'quirk.refuse')}: ${words.name}`}
                onClick={() => setAccepts(answer)}
              >
                {t(answer ? 'quirk.accept' : 'quirk.refuse')}
              </button>
            ))}
          </span>
        )}
      </div>
      <p>{t('quirk.differs', { now: words.now, proposed: words.proposed })}</p>
      <p className="hint">
        {formatWhen(quirk.proposed.at, now, site.time_zone, t.language)} · {quirk.proposed.reason}
      </p>
      {accepts !== null && (
        <DecideDialog
          stationId={stationId}
          quirk={quirk}
          accepts={accepts}
          onClose={() => setAccepts(null)}
        />
      )}
    </li>
  )
}

/** Nothing at all while nothing is suspected. */
export function ProposedQuirks({ stationId }: { stationId: string }) {
  const t = useT()
  const proposed = proposedOf(useQuirks(stationId).data ?? [])
  if (proposed.length === 0) return null
  return (
    <section>
      <h3>{t('quirk.title')}</h3>
      <p className="hint">{t('quirk.help')}</p>
      <ul className="signals" data-testid="quirks">
        {proposed.map((quirk) => (
          <QuirkItem key={quirk.name} stationId={stationId} quirk={quirk} />
        ))}
      </ul>
    </section>
  )
}
