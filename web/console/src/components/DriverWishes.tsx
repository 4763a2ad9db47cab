/** What a driver can want of a plugged-in vehicle now: to charge at once, or to give nothing today. */

import { useQueryClient } from '@tanstack/react-query'
import { Moon, Zap } from 'lucide-react'
import { useState } from 'react'
import { patch } from '@/lib/api'
import { useT } from '@/lib/i18n'
import { useVehicle, vehiclePath } from '@/lib/queries'
import { useMay } from '@/lib/session'
import { useNow, useSite } from '@/lib/site'
import { formatWhen } from '@/lib/time'
import type { Vehicle } from '@/lib/types'
import { Problem } from './Confirm'

function Buttons({ vehicle }: { vehicle: Vehicle }) {
  const t = useT()
  const site = useSite()
  const now = useNow()
  const client = useQueryClient()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState('')
  const until = vehicle.v2g_paused_until
  const paused = until !== null && Date.parse(until) > Date.parse(now)
  const wish = (change: { boost: boolean } | { v2g_paused: boolean }) => {
    setBusy(true)
    setProblem('')
    patch<Vehicle>(vehiclePath(vehicle.vehicle_id), change, vehicle.version)
      .then(
        (stored) => client.setQueryData(['vehicle', vehicle.vehicle_id], stored),
        (error: Error) => setProblem(error.message),
      )
      .finally(() => {
        setBusy(false)
        void client.invalidateQueries({ queryKey: ['vehicle', vehicle.vehicle_id] })
      })
  }
  return (
    <section data-testid="driver-wishes">
      <h3>{t('wish.title')}</h3>
      <div className="message-tools">
        <button
          type="button"
          className="button"
          aria-pressed={vehicle.boost}
          disabled={busy}
          title={t('wish.boostHelp')}
          data-testid="wish-boost"
          onClick={() => wish({ boost: !vehicle.boost })}
        >
          <Zap size={14} aria-hidden />
          {t(vehicle.boost ? 'wish.boostEnd' : 'wish.boost')}
        </button>
        <button
          type="button"
          className="button"
          aria-pressed={paused}
          disabled={busy}
          title={t('wish.pauseHelp')}
          data-testid="wish-pause"
          onClick={() => wish({ v2g_paused: !paused })}
        >
          <Moon size={14} aria-hidden />
          {t(paused ? 'wish.pauseEnd' : 'wish.pause')}
        </button>
      </div>
      {paused && (
        <p className="hint">
          {t('wish.pausedUntil', { time: formatWhen(until, now, site.time_zone, t.language) })}
        </p>
      )}
      <Problem text={problem} />
    </section>
  )
}

export function DriverWishes({ vehicleId }: { vehicleId: string }) {
  const may = useMay('operator')
  const vehicle = useVehicle(may ? vehicleId : null).data
  return may && vehicle ? <Buttons vehicle={vehicle} /> : null
}
