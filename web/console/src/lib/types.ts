/** The words of the HTTP API (docs/architecture.md). Power is in W, + into the vehicle, store or site. */

export type Role = 'viewer' | 'operator' | 'admin'

export interface Session {
  username: string
  role: Role
  csrf_token: string
}

export interface Page<T> {
  items: T[]
  next: string | null
}

export interface Site {
  site_id: string
  name: string
  time_zone: string
  import_limit_w: number
  export_limit_w: number
  margin_w: number
  circuits: { circuit_id: string; parent_id: string | null; limit_w: number }[]
  solar_capacity_w: number
  wind_capacity_w: number
  store: {
    store_id: string
    capacity_wh: number
    max_charge_w: number
    max_discharge_w: number
  } | null
  evse_count: number
  now: string
}

export interface SitePower {
  at: string | null
  age_s: number | null
  quality: string | null
  grid_w: number | null
  load_w: number | null
  solar_w: number | null
  wind_w: number | null
  store_w: number | null
  store_soc_pct: number | null
  fleet_charge_w: number | null
  fleet_discharge_w: number | null
  import_bound_w: number
  export_bound_w: number
  target_grid_w: number | null
  mode: string | null
  circuits: { circuit_id: string; power_w: number | null; limit_w: number }[]
  explanation: { code: string; detail: string }[]
}

/** Columns of equal length, averages per step. */
export interface PowerHistory {
  at: string[]
  grid_w: (number | null)[]
  load_w: (number | null)[]
  solar_w: (number | null)[]
  wind_w: (number | null)[]
  store_w: (number | null)[]
  fleet_charge_w: (number | null)[]
  fleet_discharge_w: (number | null)[]
}

export const WHY_CODES = [
  'nothing_to_do',
  'departure',
  'surplus',
  'cheap_slot',
  'waits_for_cheaper',
  'circuit_limit',
  'connection_limit',
  'peak_discharge',
  'instruction',
  'v2g_floor',
  'evse_limit',
  'taper',
  'full',
  'fallback_rule',
] as const

export type WhyCode = (typeof WHY_CODES)[number]

export interface PlanWhy {
  code: string
  first_slot: number
  last_slot: number
  detail: string
  cost_gbp_per_kwh: number
}

export interface EvsePlan {
  station_id: string
  evse_id: number
  vehicle_id: string | null
  departure_at: string | null
  setpoint_w: number[]
  energy_wh: number[]
  shortfall_wh?: number | null
  why: PlanWhy[]
}

export interface PlanSeries {
  grid_w: number[]
  load_w: number[]
  solar_w: number[]
  wind_w: number[]
  curtailed_w: number[]
  store_w: number[]
  fleet_w: number[]
  import_gbp_per_kwh: number[]
  export_gbp_per_kwh: number[]
}

export interface Plan {
  plan_id: string
  version: number
  made_at: string
  status: string
  cause: string
  solve_s: number
  starts_at: string
  slot_s: number
  series: PlanSeries
  evses: EvsePlan[]
  notes: unknown[]
}

export interface Alarm {
  alarm_id: number
  code: string
  severity: string
  detail: string
  station_id: string | null
  site_id: string | null
  raised_at: string
  cleared_at: string | null
}

export interface Evse {
  station_id: string
  evse_id: number
  site_id: string | null
  circuit_id: string | null
  status: string | null
  connected: boolean
  power_w: number | null
  power_at: string | null
  import_wh: number | null
  export_wh: number | null
  soc_pct: number | null
  setpoint_w: number | null
  setpoint_until: string | null
  setpoint_status: string | null
  composite_w: number | null
  transaction_id: string | null
  vehicle_id: string | null
  departure_at: string | null
  max_charge_w: number | null
  max_discharge_w: number | null
  why: { code: string; detail: string; until: string | null } | null
}

export interface Station {
  station_id: string
  site_id: string | null
  vendor: string | null
  model: string | null
  firmware_version: string | null
  ocpp_version: string | null
  connected: boolean
  registration_status: string | null
  last_seen_at: string | null
  connected_at: string | null
  discharge_dialect: string
  discharge_fault: string | null
  floor_w: number
  circuit_id: string | null
  evses: Evse[]
}

export interface Readings {
  at: string[]
  power_w: (number | null)[]
  import_wh: (number | null)[]
  export_wh: (number | null)[]
  soc_pct: (number | null)[]
}

export interface OcppMessage {
  message_row_id: number
  at: string
  direction: string
  kind: string
  action: string
  message_id: string
  payload: unknown
}

export interface Transaction {
  station_id: string
  transaction_id: string
  evse_id: number | null
  id_token: string | null
  vehicle_id: string | null
  started_at: string
  ended_at: string | null
  imported_wh: number
  exported_wh: number
  charging_state: string | null
  stopped_reason: string | null
  event_count: number
  flags: string[]
}

export interface Vehicle {
  vehicle_id: string
  site_id: string
  name: string | null
  soc_pct: number | null
  capacity_wh: number | null
  departure_at: string | null
  target_soc_pct: number | null
  requested_wh: number | null
  plugged_in: {
    station_id: string
    evse_id: number
    transaction_id: string
    since: string
  } | null
  ready: 'ready' | 'on_track' | 'at_risk' | null
  ready_at: string | null
  shortfall_wh: number | null
}

export interface Command {
  command_id: string
  station_id: string
  evse_id: number | null
  kind: string
  status: string
  reason: string | null
  response: unknown
}

export interface SignalRequest {
  external_id: string
  revision: number
  kind: 'envelope' | 'instruction'
  priority: number
  starts_at: string
  ends_at: string
  import_max_w?: number
  export_max_w?: number
  site_power_w?: number
  delta_w?: number
}

export interface Acknowledgement {
  available_down_w: number | null
  available_up_w: number | null
  requested_w: number | null
  deliverable_w: number | null
  feasible: boolean
  text: string
}

export interface Signal extends Omit<
  SignalRequest,
  'import_max_w' | 'export_max_w' | 'site_power_w' | 'delta_w'
> {
  signal_id: string
  site_id: string
  operator: string
  status: string
  import_max_w: number | null
  export_max_w: number | null
  site_power_w: number | null
  delta_w: number | null
  acknowledgement: Acknowledgement | null
  baseline: {
    starts_at: string
    slot_s: number
    grid_w: number[]
    plan_version: number | null
  } | null
}

export interface DeliveryRow {
  starts_at: string
  duration_s: number
  baseline_wh: number
  metered_wh: number
  requested_wh: number
  delivered_wh: number
  delivered_ratio: number | null
  reading_count: number
  complete: boolean
}

export interface Delivery {
  minutes: DeliveryRow[]
  half_hours: DeliveryRow[]
}

/** One message of `/stream`: a snapshot holds all EVSEs, a tick those that changed. */
export interface StreamMessage {
  at: string
  sites: Record<string, SitePower>
  evses: Evse[]
  alarms: Alarm[]
  signals: Signal[]
}
