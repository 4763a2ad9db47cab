/** What is asked by request rather than streamed. Intervals are real seconds; a demo's day is short. */

import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { get, getAll } from './api'
import { type PlanMemory, remember } from './plan'
import { liveStore, useLive } from './stream'
import type {
  Approval,
  Delivery,
  Evse,
  OcppMessage,
  Page,
  Plan,
  PowerHistory,
  Proof,
  Quirk,
  Readings,
  Settlement,
  Signal,
  Site,
  Station,
  Transaction,
  Vehicle,
} from './types'

const HOUR_MS = 3_600_000
const seconds = (value: number) => value * 1000
const query = (values: Record<string, string | number>) =>
  new URLSearchParams(Object.entries(values).map(([key, value]) => [key, String(value)])).toString()

/** `[from, to]` of the last `hours` of site time; `from` is a whole step, where slots begin too. */
export function window(now: string, hours: number, step_s = 1) {
  const to = Date.parse(liveStore.state.at ?? now)
  const step = seconds(step_s)
  const from = Math.floor((to - hours * HOUR_MS) / step) * step
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() }
}

export function useSites() {
  return useQuery({
    queryKey: ['sites'],
    queryFn: ({ signal }) => getAll<Site>('/sites', signal),
    staleTime: seconds(60),
  })
}

export interface SitePlan {
  plan: Plan
  /** Planned site series by slot start, past slots as last planned. */
  memory: PlanMemory<PlannedSite>
}

export interface PlannedSite {
  grid_w: number
  store_w: number
  fleet_w: number
}

const memories = new Map<string, PlanMemory<PlannedSite>>()

function withMemory(siteId: string, plan: Plan): SitePlan {
  const { grid_w, store_w, fleet_w } = plan.series
  const memory = remember(memories.get(siteId) ?? new Map(), plan, (slot) => ({
    grid_w: grid_w[slot] ?? 0,
    store_w: store_w[slot] ?? 0,
    fleet_w: fleet_w[slot] ?? 0,
  }))
  memories.set(siteId, memory)
  return { plan, memory }
}

/** The newest plan, null while the site has none. */
export function usePlan(siteId: string) {
  return useQuery({
    queryKey: ['plan', siteId],
    queryFn: async ({ signal }) => {
      try {
        return withMemory(siteId, await get<Plan>(`/sites/${siteId}/plan`, signal))
      } catch (error) {
        if (error instanceof Error && 'status' in error && error.status === 404) return null
        throw error
      }
    },
    refetchInterval: seconds(10),
    structuralSharing: false,
  })
}

export function useHistory(site: Site, hours: number, step_s: number) {
  return useQuery({
    queryKey: ['history', site.site_id, hours, step_s],
    queryFn: ({ signal }) => {
      const search = query({ ...window(site.now, hours, step_s), step_s })
      return get<PowerHistory>(`/sites/${site.site_id}/power/history?${search}`, signal)
    },
    refetchInterval: seconds(15),
    structuralSharing: false,
  })
}

export function useVehicles(siteId: string) {
  return useQuery({
    queryKey: ['vehicles', siteId],
    queryFn: ({ signal }) => getAll<Vehicle>(`/vehicles?${query({ site_id: siteId })}`, signal),
    refetchInterval: seconds(5),
  })
}

export const vehiclePath = (vehicleId: string) => `/vehicles/${encodeURIComponent(vehicleId)}`

export function useVehicle(vehicleId: string | null) {
  return useQuery({
    queryKey: ['vehicle', vehicleId],
    queryFn: ({ signal }) => get<Vehicle>(vehiclePath(vehicleId ?? ''), signal),
    enabled: vehicleId !== null,
    refetchInterval: seconds(5),
  })
}

export function useSignals(siteId: string) {
  return useQuery({
    queryKey: ['signals', siteId],
    queryFn: ({ signal }) => get<Page<Signal>>(`/sites/${siteId}/signals?limit=20`, signal),
    refetchInterval: seconds(5),
    select: (page) => page.items,
  })
}

/** What waits for a second administrator. */
export function useApprovals() {
  return useQuery({
    queryKey: ['approvals'],
    queryFn: ({ signal }) => get<Page<Approval>>('/approvals?waiting=true', signal),
    refetchInterval: seconds(5),
    select: (page) => page.items,
  })
}

/** Payments that a person must see to. */
export function useOpenPayments(siteId: string) {
  const search = `status=Operator&status=Refused&${query({ site_id: siteId, limit: 20 })}`
  return useQuery({
    queryKey: ['payments', siteId],
    queryFn: ({ signal }) => get<Page<Settlement>>(`/payments?${search}`, signal),
    refetchInterval: seconds(15),
  })
}

/** What a signal of that status has delivered; asked again while it changes, and when it settles. */
export function useDelivery(siteId: string, signalId: string, status: string) {
  return useQuery({
    queryKey: ['delivery', siteId, signalId, status],
    queryFn: ({ signal }) => get<Delivery>(`/sites/${siteId}/signals/${signalId}/delivery`, signal),
    refetchInterval: status === 'active' || status === 'delivered' ? seconds(3) : false,
    placeholderData: (previous) => previous,
  })
}

/** EVSEs of the site as they are now: by request until the stream's snapshot is there. */
export function useEvses(siteId: string) {
  const live = useLive((state) => state.evses)
  const streaming = live.size > 0
  const list = useQuery({
    queryKey: ['evses', siteId],
    queryFn: ({ signal }) => getAll<Evse>(`/evses?${query({ site_id: siteId })}`, signal),
    enabled: !streaming,
  })
  const streamed = useMemo(
    () => [...live.values()].filter((evse) => evse.site_id === siteId),
    [live, siteId],
  )
  return { ...list, data: streaming ? streamed : list.data }
}

export const stationPath = (id: string) => `/stations/${encodeURIComponent(id)}`

export function useStation(stationId: string) {
  return useQuery({
    queryKey: ['station', stationId],
    queryFn: ({ signal }) => get<Station>(stationPath(stationId), signal),
    refetchInterval: seconds(5),
  })
}

/** Where the station departs from its standard, and what is suspected. */
export function useQuirks(stationId: string) {
  return useQuery({
    queryKey: ['quirks', stationId],
    queryFn: ({ signal }) => get<Page<Quirk>>(`${stationPath(stationId)}/quirks`, signal),
    refetchInterval: seconds(15),
    select: (page) => page.items,
  })
}

export function useReadings(evse: Evse, now: string, hours: number) {
  const { station_id, evse_id } = evse
  return useQuery({
    queryKey: ['readings', station_id, evse_id, hours],
    queryFn: ({ signal }) => {
      const search = query({ ...window(now, hours), evse_id })
      return get<Readings>(`${stationPath(station_id)}/readings?${search}`, signal)
    },
    refetchInterval: seconds(5),
    structuralSharing: false,
  })
}

/** The newest 100 judged intervals of an EVSE in the last day, of these deviations if any is named. */
export function useProof(siteId: string, evse: Evse, deviations: readonly Proof['deviation'][]) {
  const { station_id, evse_id } = evse
  const search = query({ station_id, evse_id, limit: 100 })
  const only = deviations.map((each) => `&deviation=${each}`).join('')
  return useQuery({
    queryKey: ['proof', siteId, station_id, evse_id, only],
    queryFn: ({ signal }) => get<Page<Proof>>(`/sites/${siteId}/proof?${search}${only}`, signal),
    refetchInterval: seconds(15),
    placeholderData: (previous) => previous,
    select: (page) => page.items,
  })
}

export function useMessages(stationId: string, before: number | null, live: boolean) {
  const search = before === null ? 'limit=100' : `limit=100&before=${before}`
  return useQuery({
    queryKey: ['messages', stationId, before],
    queryFn: ({ signal }) =>
      get<Page<OcppMessage>>(`${stationPath(stationId)}/messages?${search}`, signal),
    refetchInterval: live ? seconds(2) : false,
    placeholderData: (previous) => previous,
    select: (page) => page.items,
  })
}

export function useTransactions(stationId: string) {
  const search = query({ station_id: stationId, limit: 10 })
  return useQuery({
    queryKey: ['transactions', stationId],
    queryFn: ({ signal }) => get<Page<Transaction>>(`/transactions?${search}`, signal),
    refetchInterval: seconds(5),
    select: (page) => page.items,
  })
}
