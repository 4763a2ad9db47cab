/** How fresh the page is: live, or for how long it has not been. */

import { Radio } from 'lucide-react'
import { useEffect, useState } from 'react'
import { usePulse } from '@/lib/hooks'
import { useT } from '@/lib/i18n'
import { ageSeconds, isOld, STALE_AFTER_S } from '@/lib/live'
import { usePower, useSite } from '@/lib/site'
import { useLive } from '@/lib/stream'
import { formatSpan } from '@/lib/time'

/** Real seconds since the last message, null before the first. */
export function useAge(): number | null {
  const pulseMs = usePulse()
  const state = useLive((live) => live)
  return ageSeconds(state, Math.max(pulseMs, state.receivedMs ?? 0))
}

export function useStale(): boolean {
  const age_s = useAge()
  return age_s !== null && age_s > STALE_AFTER_S
}

/** Whether the site's power on screen is old: the stream has stopped, or the controller has. */
export function useStalePower(): boolean {
  const stopped = useStale()
  const power = usePower()
  const { speed_ratio } = useSite()
  return stopped || isOld(power, speed_ratio)
}

export function LivePill() {
  const t = useT()
  const age_s = useAge()
  const lost = useLive((live) => live.connection === 'lost')
  const bad = age_s !== null ? age_s > STALE_AFTER_S : lost
  const tone = bad ? 'bad' : age_s === null || lost ? 'warn' : 'good'
  const word = bad ? t('top.lost') : age_s === null || lost ? t('top.connecting') : t('top.live')
  const age = age_s === null ? '' : formatSpan(t, age_s * 1000)
  return (
    <span
      className={`pill live-pill ${tone}`}
      data-testid="live-pill"
      data-state={tone}
      title={t('top.liveHelp')}
    >
      <Radio size={13} aria-hidden />
      {word}
      {age && <span>· {age}</span>}
    </span>
  )
}

const GRACE_MS = 4000

/** Shown across the page when values are not live any more. */
export function StaleBanner() {
  const t = useT()
  const age_s = useAge()
  const neverCame = useLive((live) => live.connection === 'lost' && live.receivedMs === null)
  const [waited, setWaited] = useState(false)
  useEffect(() => {
    setWaited(false)
    if (!neverCame) return
    const timer = setTimeout(() => setWaited(true), GRACE_MS)
    return () => clearTimeout(timer)
  }, [neverCame])
  if (age_s !== null && age_s > STALE_AFTER_S)
    return (
      <div className="banner" role="alert">
        {t('top.staleBanner', { age: formatSpan(t, age_s * 1000) })}
      </div>
    )
  if (neverCame && waited)
    return (
      <div className="banner" role="alert">
        {t('common.unreachable')}
      </div>
    )
  return null
}
