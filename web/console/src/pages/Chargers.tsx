/** Chargers: filter, sort and walk the list; the opened charger stands beside it. */

import { Outlet, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { Search, X } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { Loadable, Note } from '@/components/Card'
import { ChargerTable, useSortedEvses } from '@/components/ChargerTable'
import { EVSE_STATES, type EvseStateName, evseState, matches } from '@/lib/evse'
import { useT } from '@/lib/i18n'
import { useKeys } from '@/lib/keys'
import { useEvses } from '@/lib/queries'
import type { ChargersSearch } from '@/lib/search'
import { useNow, useSite } from '@/lib/site'
import type { Evse } from '@/lib/types'

const NO_EVSES: Evse[] = []

function useFilter() {
  const search = useSearch({ from: '/chargers' })
  const navigate = useNavigate({ from: '/chargers' })
  const change = (part: Partial<ChargersSearch>) =>
    navigate({ to: '.', search: (before) => ({ ...before, ...part }), replace: true })
  return { search, change }
}

function FilterBox({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const t = useT()
  const input = useRef<HTMLInputElement>(null)
  useKeys({ '/': () => input.current?.focus() })
  return (
    <div className="filter-box">
      <Search size={16} aria-hidden />
      <input
        ref={input}
        className="input"
        type="search"
        aria-label={t('chargers.filter')}
        placeholder={`${t('chargers.filter')}  ( / )`}
        value={value}
        data-testid="charger-filter"
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && value) onChange('')
          else if (event.key === 'Escape' || event.key === 'Enter') event.currentTarget.blur()
        }}
      />
      {value && (
        <button type="button" aria-label={t('chargers.clear')} onClick={() => onChange('')}>
          <X size={15} aria-hidden />
        </button>
      )}
    </div>
  )
}

interface StateFilterProps {
  evses: Evse[]
  chosen: EvseStateName | undefined
  onChange: (state: EvseStateName | undefined) => void
}

function StateFilter({ evses, chosen, onChange }: StateFilterProps) {
  const t = useT()
  const counts = new Map<EvseStateName, number>()
  for (const evse of evses) {
    const state = evseState(evse)
    counts.set(state, (counts.get(state) ?? 0) + 1)
  }
  const shown = EVSE_STATES.filter((state) => counts.has(state) || state === chosen)
  return (
    <fieldset className="segments plain" aria-label={t('chargers.state')}>
      <button type="button" aria-pressed={!chosen} onClick={() => onChange(undefined)}>
        {t('chargers.all')} <span className="count">{evses.length}</span>
      </button>
      {shown.map((state) => (
        <button
          key={state}
          type="button"
          aria-pressed={chosen === state}
          onClick={() => onChange(chosen === state ? undefined : state)}
        >
          {t(`state.${state}`)} <span className="count">{counts.get(state) ?? 0}</span>
        </button>
      ))}
    </fieldset>
  )
}

/** The marked row: moved by j and k, opened by Enter; with a charger open, the mark opens as it moves. */
function useMark(rows: Evse[], openStation: string | undefined, open: (evse: Evse) => void) {
  const [marked, setMarked] = useState(-1)
  const at = openStation ? rows.findIndex((evse) => evse.station_id === openStation) : -1
  useEffect(() => {
    if (at >= 0) setMarked(at)
  }, [at])
  const move = (step: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, marked + step))
    setMarked(next)
    const evse = rows[next]
    if (openStation && evse) open(evse)
  }
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    Enter: () => {
      const evse = rows[marked]
      if (evse) open(evse)
    },
  })
  return Math.min(marked, rows.length - 1)
}

export function ChargersPage() {
  const t = useT()
  const site = useSite()
  const now = useNow()
  const { search, change } = useFilter()
  const navigate = useNavigate({ from: '/chargers' })
  const { stationId } = useParams({ strict: false })
  const query = useEvses(site.site_id)
  const all = query.data ?? NO_EVSES
  const { q, state } = search
  const matching = useMemo(() => (q ? all.filter((evse) => matches(evse, q)) : all), [all, q])
  const filtered = useMemo(
    () => (state ? matching.filter((evse) => evseState(evse) === state) : matching),
    [matching, state],
  )
  const rows = useSortedEvses(filtered, search.sort)
  const open = (evse: Evse) =>
    navigate({
      to: '/chargers/$stationId',
      params: { stationId: evse.station_id },
      search: (before) => before,
      replace: stationId !== undefined,
    })
  const opener = useRef(open)
  opener.current = open
  const onOpen = useMemo(() => (evse: Evse) => void opener.current(evse), [])
  const marked = useMark(rows, stationId, open)
  const minute = `${now.slice(0, 16)}:00Z`
  const context = useMemo(() => ({ t, zone: site.time_zone, minute }), [t, site.time_zone, minute])
  return (
    <div className={stationId ? 'chargers with-detail' : 'chargers'}>
      <section className="card list" aria-label={t('chargers.title')}>
        <header>
          <h1>{t('chargers.title')}</h1>
          <span className="hint" role="status">
            {t('chargers.count', { shown: rows.length, all: all.length })}
          </span>
          <span className="fill" />
          <FilterBox value={q ?? ''} onChange={(text) => change({ q: text || undefined })} />
        </header>
        <div className="filters">
          <StateFilter
            evses={matching}
            chosen={state}
            onChange={(chosen) => change({ state: chosen })}
          />
        </div>
        <Loadable query={{ ...query, data: query.data ? rows : undefined }}>
          {(shown) =>
            shown.length === 0 ? (
              <Note>
                {all.length === 0 ? t('chargers.empty') : t('chargers.noMatch')}
                {all.length > 0 && (
                  <button
                    type="button"
                    className="button small"
                    onClick={() => change({ q: undefined, state: undefined })}
                  >
                    {t('chargers.clear')}
                  </button>
                )}
              </Note>
            ) : (
              <ChargerTable
                evses={shown}
                sort={search.sort}
                onSort={(sort) => change({ sort })}
                marked={marked}
                openStation={stationId}
                onOpen={onOpen}
                context={context}
              />
            )
          }
        </Loadable>
      </section>
      <Outlet />
    </div>
  )
}
