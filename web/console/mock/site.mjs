// A deterministic demo site for looking at the console without a hub: every value is a function of time.

const HOUR = 3_600_000
const SLOT_MS = 900_000
export const SITE_ID = 'ev36zero'

const IMPORT_PENCE = [
  15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 16, 17, 19, 20, 21, 22, 22, 22, 21, 20, 20, 19, 19, 19,
  18, 18, 18, 19, 20, 21, 24, 28, 38, 40, 41, 42, 41, 39, 30, 27, 25, 24, 22, 21, 20, 18, 17, 16,
]

export const site = (now, count) => ({
  site_id: SITE_ID,
  name: 'EV36Zero hub, Sunderland',
  time_zone: 'Europe/London',
  import_limit_w: 19_800_000,
  export_limit_w: 12_000_000,
  margin_w: 60_000,
  circuits: [
    { circuit_id: 'fleet', parent_id: null, limit_w: 240_000 },
    { circuit_id: 'v2g-bay', parent_id: 'fleet', limit_w: 150_000 },
  ],
  solar_capacity_w: 24_750_000,
  wind_capacity_w: 6_600_000,
  store: { store_id: 'second-life', capacity_wh: 3e6, max_charge_w: 1e6, max_discharge_w: 1e6 },
  evse_count: count,
  now: iso(now),
})

export const iso = (ms) => new Date(ms).toISOString()

/** Repeatable noise in [0, 1). */
export function noise(...parts) {
  let hash = 2166136261
  for (const part of parts.join('/')) hash = Math.imul(hash ^ part.charCodeAt(0), 16777619)
  hash ^= hash >>> 15
  return ((Math.imul(hash, 2246822507) ^ (hash >>> 13)) >>> 0) / 4294967296
}

const hourOf = (ms) => (((ms / HOUR + 1) % 24) + 24) % 24 // British summer time
const bell = (hour, middle, width) => Math.exp(-(((hour - middle) / width) ** 2))
const smooth = (ms, step, name) => {
  const at = Math.floor(ms / step)
  const part = (ms % step) / step
  return noise(name, at) * (1 - part) + noise(name, at + 1) * part
}

const solarForecast = (ms) => Math.max(0, 19.5e6 * bell(hourOf(ms), 13.1, 3.6) - 2.2e5)
const windForecast = (ms) => 2.4e6 + 2.6e6 * smooth(ms, 6 * HOUR, 'wind')
const loadForecast = (ms) =>
  11.4e6 + 7.4e6 * bell(hourOf(ms), 8, 2.4) + 7.2e6 * bell(hourOf(ms), 17.4, 3.6)
const solar = (ms) => solarForecast(ms) * (0.72 + 0.34 * smooth(ms, 0.3 * HOUR, 'cloud'))
const wind = (ms) => windForecast(ms) * (0.9 + 0.2 * smooth(ms, 0.2 * HOUR, 'gust'))
const load = (ms) => loadForecast(ms) * (0.985 + 0.03 * smooth(ms, 0.1 * HOUR, 'load'))

const storePlan = (ms) => {
  const hour = hourOf(ms)
  if (hour >= 10.5 && hour < 13.25) return 950_000
  if (hour >= 16.5 && hour < 19) return -930_000
  return 0
}
const storeSoc = (ms) => {
  const hour = hourOf(ms)
  const up = Math.min(1, Math.max(0, (hour - 10.5) / 2.75))
  const down = Math.min(1, Math.max(0, (hour - 16.5) / 2.5))
  return 14 + 79 * (up - down)
}

export function makeStations(count) {
  const stations = []
  for (let index = 0; index < count; index++) {
    const group = index % 60 < 24 ? 'v2g' : index % 60 < 54 ? 'ac' : 'fast'
    const number = String(stations.filter((s) => s.group === group).length + 1).padStart(2, '0')
    stations.push({ station_id: `ev36-${group}-${number}`, group, index })
  }
  return stations
}

/** Stay of the day, in ms; null where no vehicle comes. */
function stay({ station_id, group }, ms) {
  const day = Math.floor((ms + HOUR) / (24 * HOUR)) * 24 * HOUR - HOUR
  if (noise(station_id, day, 'comes') > 0.86) return null
  const arrive = day + (6.2 + 3.2 * noise(station_id, day, 'in')) * HOUR
  const hours = group === 'v2g' ? 10.5 : group === 'ac' ? 7.2 : 3.5
  const leave = arrive + (hours + 2.4 * noise(station_id, day, 'out')) * HOUR
  return ms >= arrive && ms < leave ? { day, arrive, leave } : null
}

function wanted(station, at, visit) {
  const hour = hourOf(at)
  const full = { v2g: 11_000, ac: 11_040, fast: 22_080 }[station.group]
  const soc = socAt(station, at, visit)
  if (soc >= 96) return [0, 'full', '']
  if (station.group === 'v2g' && hour >= 16.5 && hour < 18.6) {
    if (soc < 52) return [0, 'v2g_floor', '']
    return [-9_600, 'peak_discharge', '']
  }
  if (soc > 86) return [full * 0.42, 'taper', '']
  if (hour < 9.2) return [full * 0.34, 'circuit_limit', 'fleet']
  if (hour < 10.6)
    return station.index % 3 ? [0, 'waits_for_cheaper', ''] : [full * 0.5, 'departure', '']
  if (hour < 15) return [full * 0.44, 'surplus', '']
  return [full * 0.3, 'cheap_slot', '']
}

const socCache = new Map()
function socAt(station, at, visit) {
  const key = `${station.station_id}/${visit.day}`
  let track = socCache.get(key)
  if (!track) {
    track = [28 + 34 * noise(station.station_id, visit.day, 'soc')]
    socCache.set(key, track)
  }
  const step = Math.floor((at - visit.arrive) / 300_000)
  while (track.length <= step) {
    const time = visit.arrive + (track.length - 1) * 300_000
    const [power_w] = wanted(station, time, visit)
    track.push(Math.min(98, Math.max(20, track.at(-1) + (power_w / 12 / 55_000) * 100)))
  }
  return track[Math.max(0, step)]
}

export function evseAt(station, ms) {
  const visit = stay(station, ms)
  const connected = station.station_id !== 'ev36-ac-17'
  const faulted = station.station_id === 'ev36-fast-03'
  const base = {
    station_id: station.station_id,
    evse_id: 1,
    site_id: SITE_ID,
    circuit_id: station.group === 'v2g' ? 'v2g-bay' : 'fleet',
    connected,
    power_at: iso(Math.floor(ms / 60_000) * 60_000),
    import_wh: 1_204_300 + station.index * 15_300,
    export_wh: station.group === 'v2g' ? 184_200 + station.index * 900 : 0,
    max_charge_w: { v2g: 11_000, ac: 11_040, fast: 22_080 }[station.group],
    max_discharge_w: station.group === 'v2g' ? 10_000 : 0,
  }
  const empty = {
    status: faulted ? 'Faulted' : 'Available',
    power_w: 0,
    soc_pct: null,
    setpoint_w: null,
    setpoint_until: null,
    setpoint_status: null,
    composite_w: null,
    transaction_id: null,
    vehicle_id: null,
    departure_at: null,
    why: null,
  }
  if (!visit || faulted) return { ...base, ...empty }
  const [setpoint_w, code, detail] = wanted(station, ms, visit)
  const wobble = 0.985 + 0.02 * noise(station.station_id, Math.floor(ms / 60_000))
  const slot = Math.ceil((ms + 1) / SLOT_MS) * SLOT_MS
  return {
    ...base,
    status: 'Occupied',
    power_w: connected ? Math.round(setpoint_w * wobble) : 6_200,
    soc_pct:
      station.group === 'ac' && station.index % 2 ? null : Math.round(socAt(station, ms, visit)),
    setpoint_w,
    setpoint_until: iso(Math.floor(ms / 60_000) * 60_000 + 600_000),
    setpoint_status: connected ? 'confirmed' : 'unknown',
    composite_w: setpoint_w,
    transaction_id: `tx-${station.index}-${visit.day / HOUR}`,
    vehicle_id: `van-${String(station.index + 1).padStart(3, '0')}`,
    departure_at: iso(visit.leave),
    why: { code, detail, until: iso(slot), cost_gbp_per_kwh: null, runner_up: null },
    visit,
  }
}

export function vehicleOf(evse, ms) {
  const left = (Date.parse(evse.departure_at) - ms) / HOUR
  const soc = evse.soc_pct ?? 70
  const ready =
    soc >= 84 ? 'ready' : left < 0.8 && evse.max_discharge_w === 0 ? 'at_risk' : 'on_track'
  return {
    vehicle_id: evse.vehicle_id,
    site_id: SITE_ID,
    name: evse.vehicle_id.replace('van-', 'Van '),
    id_token: `AC${evse.vehicle_id}`,
    capacity_wh: 55_000,
    soc_pct: evse.soc_pct,
    departure_at: evse.departure_at,
    target_soc_pct: evse.soc_pct === null ? null : 84,
    requested_wh: evse.soc_pct === null ? 18_400 : null,
    plugged_in: {
      station_id: evse.station_id,
      evse_id: 1,
      transaction_id: evse.transaction_id,
      since: iso(evse.visit.arrive),
    },
    ready,
    ready_at: ready === 'on_track' ? iso(Date.parse(evse.departure_at) - 0.7 * HOUR) : null,
    v2g_paused_until: null,
    boost: false,
    boost_until: null,
    shortfall_wh: ready === 'at_risk' ? (84 - soc) * 550 : 0,
    fix: ready === 'at_risk' ? { change: 'later_departure', late_s: 2700, cost_gbp: 0.6 } : null,
    version: 1,
  }
}

const OUTCOMES = ['followed', 'limited_by_ev', 'followed', 'taper', 'followed', 'ignored', 'liar']

/** Two hours of judged intervals of one EVSE, newest first. */
export function proofOf(station, ms) {
  const newest = Math.floor((ms - 120_000) / 300_000) * 300_000
  return Array.from({ length: 24 }, (_, index) => {
    const at = newest - (index + 1) * 300_000
    const evse = evseAt(station, at)
    const deviation = index === 11 ? 'meter_gap' : OUTCOMES[index % OUTCOMES.length]
    const sent_w = deviation === 'followed' ? evse.power_w : evse.power_w + 3000
    const into = Math.max(evse.power_w, 0) / 12
    const out = Math.max(-evse.power_w, 0) / 12
    return {
      station_id: evse.station_id,
      evse_id: 1,
      transaction_id: evse.transaction_id ?? 'tx-old-1',
      starts_at: iso(at),
      duration_s: 300,
      planned_w: sent_w,
      sent_w,
      confirmed_w: deviation === 'ignored' ? evse.power_w : sent_w,
      composite_w: index % 3 ? null : sent_w,
      import_wh: into,
      export_wh: out,
      import_max_wh: deviation === 'meter_gap' ? 917 : into,
      export_max_wh: out,
      reading_count: deviation === 'meter_gap' ? 0 : 5,
      deviation,
    }
  })
}

export function siteValues(evses, ms, signal) {
  const fleet_charge_w = evses.reduce((sum, e) => sum + Math.max(0, e.connected ? e.power_w : 0), 0)
  const fleet_discharge_w = -evses.reduce((sum, e) => sum + Math.min(0, e.power_w), 0)
  const running = signal && Date.parse(signal.starts_at) <= ms && ms < Date.parse(signal.ends_at)
  const store_w = storePlan(ms) * (0.98 + 0.03 * noise(ms)) + (running ? (signal.delta_w ?? 0) : 0)
  const [load_w, solar_w, wind_w] = [load(ms), solar(ms), wind(ms)]
  const grid_w = load_w + store_w + fleet_charge_w - fleet_discharge_w - solar_w - wind_w
  return {
    grid_w,
    load_w,
    solar_w,
    wind_w,
    store_w,
    store_soc_pct: storeSoc(ms),
    fleet_charge_w,
    fleet_discharge_w,
    running,
  }
}

const valueCache = new Map()
function valuesAt(stations, at, signal) {
  if (!valueCache.has(at))
    valueCache.set(
      at,
      siteValues(
        stations.slice(0, 60).map((s) => evseAt(s, at)),
        at,
        signal,
      ),
    )
  return valueCache.get(at)
}

/** Averages are cheap here: the value at the step. Fleet from a sample of the stations' own figures. */
export function history(stations, from, to, step_ms, signal) {
  const columns = {
    at: [],
    grid_w: [],
    load_w: [],
    solar_w: [],
    wind_w: [],
    store_w: [],
    fleet_charge_w: [],
    fleet_discharge_w: [],
  }
  for (let at = Math.ceil(from / step_ms) * step_ms; at < to; at += step_ms) {
    const values = valuesAt(stations, at, signal)
    columns.at.push(iso(at))
    for (const name of Object.keys(columns)) if (name !== 'at') columns[name].push(values[name])
  }
  return columns
}

export function plan(stations, now) {
  const start = Math.floor(now / SLOT_MS) * SLOT_MS
  const slots = Array.from({ length: 96 }, (_, index) => start + index * SLOT_MS)
  const fleetAt = slots.map((at) =>
    stations.reduce((sum, s) => {
      const visit = stay(s, at)
      return sum + (visit ? wanted(s, at, visit)[0] : 0)
    }, 0),
  )
  const pence = slots.map((at) => IMPORT_PENCE[Math.floor(hourOf(at) * 2)] / 100)
  const series = {
    load_w: slots.map(loadForecast),
    solar_w: slots.map((at) => solarForecast(at) * 0.89),
    wind_w: slots.map(windForecast),
    curtailed_w: slots.map(() => 0),
    store_w: slots.map(storePlan),
    fleet_w: fleetAt,
    import_gbp_per_kwh: pence,
    export_gbp_per_kwh: pence.map((p) => p * 0.3),
  }
  series.grid_w = slots.map(
    (_, i) =>
      series.load_w[i] + series.store_w[i] + fleetAt[i] - series.solar_w[i] - series.wind_w[i],
  )
  const evses = stations.flatMap((station) => {
    const visit = stay(station, now)
    if (!visit) return []
    const rows = slots.map((at) =>
      at < visit.leave ? wanted(station, at, visit) : [0, 'nothing_to_do', ''],
    )
    return [
      {
        station_id: station.station_id,
        evse_id: 1,
        vehicle_id: `van-${String(station.index + 1).padStart(3, '0')}`,
        departure_at: iso(visit.leave),
        setpoint_w: rows.map(([power_w]) => power_w),
        energy_wh: slots.map((at) => (at < visit.leave ? socAt(station, at, visit) * 550 : 0)),
        shortfall_wh: 0,
        fixes: [],
        why: rows.map(([, code, detail], i) => ({
          code,
          detail,
          first_slot: i,
          last_slot: i,
          cost_gbp_per_kwh: 0.01,
          price_slot: null,
          runner_up: null,
          text: code,
        })),
      },
    ]
  })
  return {
    plan_id: '00000000-0000-4000-8000-000000000001',
    version: Math.floor(now / 300_000) % 10_000,
    made_at: iso(Math.floor(now / 300_000) * 300_000),
    status: 'optimal',
    cause: 'periodic',
    solve_s: 0.34,
    starts_at: iso(start),
    slot_s: 900,
    series,
    evses,
    notes: [],
  }
}

/** Payments that wait for a person. */
export const payments = (start) =>
  [
    ['ev36-ac-04', 'Operator', '6.40', 'no payment provider is set'],
    ['ev36-fast-02', 'Refused', '18.25', 'the reservation has expired'],
  ].map(([station_id, status, amount, reason], index) => ({
    station_id,
    transaction_id: `tx-paid-${index}`,
    psp_ref: `PSP-88355139${index}`,
    status,
    amount,
    currency: 'GBP',
    due_at: iso(start - (index + 1) * 2.7e6),
    ended_at: iso(start - (index + 1) * 2.6e6),
    attempts: index,
    reason,
    receipt_id: null,
    receipt_url: null,
    station_status: null,
  }))
