/** States as icon and word; colour only repeats what they say. */

import {
  ArrowDown,
  ArrowUp,
  Ban,
  Check,
  CircleDashed,
  CircleHelp,
  CirclePause,
  Clock,
  type LucideIcon,
  TriangleAlert,
  Unplug,
  XCircle,
} from 'lucide-react'
import { memo } from 'react'
import type { EvseStateName } from '@/lib/evse'
import { isKey, useT } from '@/lib/i18n'
import { type Deviation, deviationKey } from '@/lib/proof'
import type { Vehicle } from '@/lib/types'

type Tone = '' | 'good' | 'warn' | 'bad' | 'charge' | 'discharge'

const EVSE: Record<EvseStateName, [Tone, LucideIcon]> = {
  charging: ['charge', ArrowUp],
  discharging: ['discharge', ArrowDown],
  waiting: ['', CirclePause],
  available: ['', CircleDashed],
  unavailable: ['', Ban],
  faulted: ['bad', TriangleAlert],
  offline: ['warn', Unplug],
  unknown: ['', CircleHelp],
}

function Pill({ tone, icon: Icon, text }: { tone: Tone; icon: LucideIcon; text: string }) {
  return (
    <span className={`pill ${tone}`}>
      <Icon size={13} strokeWidth={2.5} aria-hidden />
      {text}
    </span>
  )
}

export const EvseStatePill = memo(function EvseStatePill({ state }: { state: EvseStateName }) {
  const t = useT()
  const [tone, icon] = EVSE[state]
  return <Pill tone={tone} icon={icon} text={t(`state.${state}`)} />
})

export function ReadyPill({ ready }: { ready: Vehicle['ready'] }) {
  const t = useT()
  if (ready === 'ready') return <Pill tone="good" icon={Check} text={t('dep.ready.ready')} />
  if (ready === 'on_track') return <Pill tone="" icon={Clock} text={t('dep.ready.on_track')} />
  if (ready === 'at_risk')
    return <Pill tone="bad" icon={TriangleAlert} text={t('dep.ready.at_risk')} />
  return <Pill tone="" icon={CircleHelp} text={t('dep.ready.none')} />
}

const DEVIATIONS: Record<Deviation, [Tone, LucideIcon]> = {
  followed: ['good', Check],
  ignored: ['bad', XCircle],
  liar: ['bad', TriangleAlert],
  limited_elsewhere: ['warn', Ban],
  limited_by_ev: ['', CirclePause],
  taper: ['', ArrowDown],
  meter_gap: ['warn', CircleHelp],
}

export function DeviationPill({ deviation }: { deviation: Deviation }) {
  const t = useT()
  const [tone, icon] = DEVIATIONS[deviation]
  return <Pill tone={tone} icon={icon} text={t(deviationKey(deviation))} />
}

const ANSWERS: Record<string, [Tone, LucideIcon]> = {
  confirmed: ['good', Check],
  accepted: ['', Clock],
  active: ['charge', CircleDashed],
  delivered: ['good', Check],
  settled: ['good', Check],
  refused: ['bad', XCircle],
  operator: ['warn', TriangleAlert],
  unknown: ['warn', CircleHelp],
}

/** A status that came over the wire, with its text under `prefix` where there is one. */
export function StatusPill({ prefix, status }: { prefix: string; status: string }) {
  const t = useT()
  const [tone, icon] = ANSWERS[status] ?? ['', Clock]
  const key = `${prefix}.${status}`
  return <Pill tone={tone} icon={icon} text={isKey(key) ? t(key) : status} />
}

const SEVERITIES: Record<string, [Tone, LucideIcon]> = {
  critical: ['bad', XCircle],
  error: ['bad', TriangleAlert],
  warning: ['warn', TriangleAlert],
}

export function SeverityPill({ severity }: { severity: string }) {
  const t = useT()
  const [tone, icon] = SEVERITIES[severity] ?? ['', CircleHelp]
  const key = `alarm.${severity}`
  return <Pill tone={tone} icon={icon} text={isKey(key) ? t(key) : severity} />
}
