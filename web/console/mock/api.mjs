// The demo's answers to the API's requests; one signed-in user, state in memory.
import { emergency, makeApprovals, makeQuirks } from './safety.mjs'
import * as demo from './site.mjs'

/** `{ route, picture, signedIn }` of a demo that starts at `start` and runs `speed` times faster. */
export function makeApi({ start, speed, count }) {
  demo.history(demo.makeStations(count), start - 13 * 3_600_000, start, 120_000)
  const started = Date.now()
  const now = () => start + (Date.now() - started) * speed
  const stations = demo.makeStations(count)
  const signals = []
  const commands = new Map()
  const wishes = new Map()
  const payments = demo.payments(start)
  const approvals = makeApprovals(start)
  const quirks = makeQuirks(start)
  let role = null
  let messageRow = 5000

  const evses = (at) => stations.map((s) => demo.evseAt(s, at)).map(({ visit, ...evse }) => evse)
  const running = (at) =>
    signals.find(
      (s) =>
        s.status !== 'cancelled' && Date.parse(s.starts_at) <= at && at < Date.parse(s.ends_at),
    )

  function power(at) {
    const { running: holding, ...values } = demo.siteValues(evses(at), at, running(at))
    const bay_w = evses(at)
      .filter((e) => e.circuit_id === 'v2g-bay')
      .reduce((sum, e) => sum + e.power_w, 0)
    return {
      at: demo.iso(at),
      age_s: 0.4,
      quality: 'measured',
      ...values,
      import_bound_w: 19_740_000,
      export_bound_w: 11_940_000,
      target_grid_w: holding ? values.grid_w : null,
      mode: holding ? 'instruction' : 'normal',
      circuits: [
        {
          circuit_id: 'fleet',
          power_w: values.fleet_charge_w - values.fleet_discharge_w,
          limit_w: 240_000,
        },
        { circuit_id: 'v2g-bay', power_w: bay_w, limit_w: 150_000 },
      ],
      explanation: holding ? [{ code: 'instruction', detail: 'store -150.0 kW' }] : [],
    }
  }

  function alarms(at) {
    return [
      {
        alarm_id: 11,
        site_id: demo.SITE_ID,
        station_id: 'ev36-fast-03',
        code: 'discharge_fault',
        severity: 'critical',
        detail: 'it took in power when told to discharge: it discharges no more',
        data: {},
        raised_at: demo.iso(at - 4.2e6),
        cleared_at: null,
      },
      {
        alarm_id: 12,
        site_id: demo.SITE_ID,
        station_id: 'ev36-ac-17',
        code: 'station_offline',
        severity: 'warning',
        detail: 'offline with a vehicle plugged in: it runs out its lease, then its floor',
        data: {},
        raised_at: demo.iso(at - 1.32e6),
        cleared_at: null,
      },
      {
        alarm_id: 13,
        site_id: demo.SITE_ID,
        station_id: 'ev36-ac-12',
        code: 'vehicle_at_risk',
        severity: 'warning',
        detail: 'van-036 will miss 3.1 kWh when it leaves at 17:26 UTC',
        data: { vehicle_id: 'van-036', shortfall_wh: 3100, departure_at: demo.iso(at + 1.8e6) },
        raised_at: demo.iso(at - 3e5),
        cleared_at: null,
      },
    ]
  }

  function statusOf(signal, at) {
    if (signal.status === 'cancelled') return 'cancelled'
    if (at < Date.parse(signal.starts_at)) return 'accepted'
    return at < Date.parse(signal.ends_at) ? 'active' : 'settled'
  }
  const shown = (signal) => ({ ...signal, status: statusOf(signal, now()) })

  function accept(body) {
    const asked = body.delta_w ?? null
    const most_w = asked === null ? 0 : Math.sign(asked) * Math.min(Math.abs(asked), 412_000)
    return {
      signal_id: `00000000-0000-4000-8000-${String(signals.length + 100).padStart(12, '0')}`,
      site_id: demo.SITE_ID,
      operator: 'operator',
      import_max_w: null,
      export_max_w: null,
      site_power_w: null,
      delta_w: null,
      ...body,
      status: 'accepted',
      created_at: demo.iso(now()),
      acknowledged_at: demo.iso(now()),
      settled_at: null,
      acknowledgement: {
        available_down_w: 412_000,
        available_up_w: 655_000,
        requested_w: asked,
        deliverable_w: asked === null ? null : most_w,
        feasible: asked === null || most_w === asked,
        text:
          asked === null
            ? 'The plan stays within these bounds.'
            : most_w === asked
              ? 'Store and fleet deliver it for the whole window.'
              : 'Only part of it: the fleet must keep its departures.',
      },
      baseline: {
        starts_at: body.starts_at,
        slot_s: 900,
        grid_w: [14.21e6, 14.4e6],
        plan_version: 812,
      },
    }
  }

  function delivery(signal) {
    const minutes = []
    const from = Date.parse(signal.starts_at)
    const to = Math.min(now(), Date.parse(signal.ends_at))
    for (let at = from; at + 60_000 <= to; at += 60_000) {
      const requested = (signal.delta_w ?? -2e5) / 60
      const part = Math.min(1, 0.55 + (at - from) / 120_000) * (0.97 + 0.05 * demo.noise(at))
      minutes.push({
        starts_at: demo.iso(at),
        duration_s: 60,
        baseline_wh: 237e3,
        metered_wh: 237e3 + requested * part,
        requested_wh: requested,
        delivered_wh: requested * part,
        delivered_ratio: part,
        reading_count: 60,
        complete: true,
      })
    }
    return { minutes, half_hours: [] }
  }

  function messages(stationId, before) {
    const at = now()
    const kinds = [
      ['in', 'call', 'TransactionEvent'],
      ['out', 'result', 'TransactionEvent'],
      ['out', 'call', 'SetChargingProfile'],
      ['in', 'result', 'SetChargingProfile'],
      ['out', 'call', 'GetCompositeSchedule'],
      ['in', 'result', 'GetCompositeSchedule'],
      ['in', 'call', 'Heartbeat'],
      ['out', 'result', 'Heartbeat'],
    ]
    const first = Math.floor(at / 30_000)
    const rows = Array.from({ length: 100 }, (_, index) => {
      const number = (before ?? first + 1) - index - 1
      const [direction, kind, action] = kinds[number % kinds.length]
      return {
        message_row_id: number,
        at: demo.iso(number * 30_000),
        direction,
        kind,
        action,
        message_id: `m-${number >> 1}`,
        payload:
          action === 'TransactionEvent' && kind === 'call'
            ? {
                eventType: 'Updated',
                seqNo: number % 500,
                triggerReason: 'MeterValuePeriodic',
                timestamp: demo.iso(number * 30_000),
                transactionInfo: { transactionId: `tx-${stationId}`, chargingState: 'Charging' },
              }
            : {},
      }
    })
    return rows
  }

  const list = (items) => [200, { items, next: null }]
  const problem = (status, title, detail) => [
    status,
    { type: 'about:blank', title, status, detail },
  ]

  function stationOf(id, at) {
    const evse = evses(at).find((e) => e.station_id === id)
    if (!evse) return null
    const bi = evse.max_discharge_w > 0
    return {
      station_id: id,
      site_id: demo.SITE_ID,
      vendor: 'V2GHubSim',
      model: bi ? 'Bidirectional-11' : 'AC-11',
      firmware_version: '1.4.2',
      ocpp_version: '2.0.1',
      connected: evse.connected,
      registration_status: 'Accepted',
      last_seen_at: demo.iso(at - 9000),
      connected_at: demo.iso(at - 3.1e7),
      discharge_dialect: bi ? 'negative_limit' : 'none',
      discharge_fault: null,
      floor_w: 1400,
      circuit_id: evse.circuit_id,
      evses: [evse],
    }
  }

  function readings(id, from, to) {
    const station = stations.find((s) => s.station_id === id)
    const columns = { at: [], power_w: [], import_wh: [], export_wh: [], soc_pct: [] }
    for (let at = Math.ceil(from / 60_000) * 60_000; at <= to; at += 60_000) {
      const evse = demo.evseAt(station, at)
      columns.at.push(demo.iso(at))
      for (const name of ['power_w', 'import_wh', 'export_wh', 'soc_pct'])
        columns[name].push(evse[name])
    }
    return columns
  }

  function transactions(id, at) {
    const evse = evses(at).find((e) => e.station_id === id)
    const past = [1, 2, 3].map((days) => ({
      started_at: demo.iso(at - days * 8.64e7),
      ended_at: demo.iso(at - days * 8.64e7 + 2.5e7),
      transaction_id: `tx-old-${days}`,
      imported_wh: 21_400 + days * 310,
      exported_wh: evse.max_discharge_w ? 6_200 : 0,
      charging_state: 'Idle',
      stopped_reason: 'EVDisconnected',
    }))
    const open = evse.transaction_id
      ? [
          {
            started_at: demo.iso(at - 1.6e7),
            ended_at: null,
            transaction_id: evse.transaction_id,
            imported_wh: 18_230,
            exported_wh: evse.max_discharge_w ? 4_100 : 0,
            charging_state: 'Charging',
            stopped_reason: null,
          },
        ]
      : []
    return [...open, ...past].map((t) => ({
      station_id: id,
      evse_id: 1,
      id_token: 'AC-204',
      vehicle_id: evse.vehicle_id ?? 'van-001',
      event_count: 240,
      flags: [],
      ...t,
    }))
  }

  function route(method, path, query, body) {
    const at = now()
    const [, head, id, part, sub, leaf] = path.split('/')
    if (head === 'session') {
      if (method === 'POST') {
        if (body.password !== 'demo')
          return problem(401, 'Not signed in', 'The user name or the password is not right.')
        role = ['viewer', 'admin'].find((one) => one === body.username) ?? 'operator'
      }
      if (method === 'DELETE') role = null
      return role
        ? [200, { username: 'alex', role, csrf_token: 'demo' }]
        : problem(401, 'Not signed in', 'Sign in first.')
    }
    if (!role) return problem(401, 'Not signed in', 'Sign in first.')
    if (head === 'sites' && !id) return list([demo.site(at, stations.length)])
    if (head === 'sites' && part === 'power' && sub === 'history')
      return [
        200,
        demo.history(
          stations,
          Date.parse(query.get('from')),
          Date.parse(query.get('to')),
          Number(query.get('step_s')) * 1000,
          signals[0],
        ),
      ]
    if (head === 'sites' && part === 'plan') return [200, demo.plan(stations, at)]
    if (head === 'sites' && part === 'proof') {
      const station = stations.find((s) => s.station_id === query.get('station_id'))
      const only = query.getAll('deviation')
      const all = demo.proofOf(station, at)
      return list(all.filter((one) => only.length === 0 || only.includes(one.deviation)))
    }
    if (head === 'sites' && part === 'replan') return [202, {}]
    if (head === 'sites' && part === 'emergency') {
      signals.unshift(accept(emergency(at, body)))
      return [201, shown(signals[0])]
    }
    if (head === 'approvals') return approvals.route(method, id, part, query, body, 'user:alex', at)
    if (head === 'sites' && part === 'signals') {
      const found = signals.find((s) => s.signal_id === sub)
      if (leaf === 'delivery') return [200, delivery(found)]
      if (method === 'DELETE') {
        found.status = 'cancelled'
        return [200, found]
      }
      if (method === 'POST') {
        signals.unshift(accept(body))
        return [201, signals[0]]
      }
      return list(signals.map(shown))
    }
    if (head === 'evses') return list(evses(at))
    if (head === 'vehicles' && id) {
      const evse = stations.map((s) => demo.evseAt(s, at)).find((e) => e.vehicle_id === id)
      if (!evse) return problem(404, 'Not found', `There is no vehicle ${id}.`)
      const vehicle = Object.assign(demo.vehicleOf(evse, at), wishes.get(id))
      if (method !== 'PATCH') return [200, vehicle]
      if ('boost' in body) vehicle.boost = body.boost
      if ('v2g_paused' in body)
        vehicle.v2g_paused_until = body.v2g_paused ? demo.iso(at + 6 * 3.6e6) : null
      const { boost, v2g_paused_until } = vehicle
      wishes.set(id, { boost, v2g_paused_until })
      return [200, vehicle]
    }
    if (head === 'vehicles')
      return list(
        stations
          .map((s) => demo.evseAt(s, at))
          .filter((e) => e.vehicle_id)
          .map((e) => demo.vehicleOf(e, at)),
      )
    if (head === 'stations' && id) {
      const name = decodeURIComponent(id)
      const station = stationOf(name, at)
      if (!station) return problem(404, 'Not found', `There is no station ${name}.`)
      if (part === 'quirks') return quirks(method, name, sub, body)
      if (part === 'readings')
        return [200, readings(name, Date.parse(query.get('from')), Date.parse(query.get('to')))]
      if (part === 'messages')
        return list(messages(name, query.get('before') && Number(query.get('before'))))
      return [200, station]
    }
    if (head === 'payments' && id === 'settlements') {
      payments.splice(0, payments.length, ...payments.filter((one) => one.transaction_id !== sub))
      return [200, {}]
    }
    if (head === 'payments') return list(payments)
    if (head === 'transactions') return list(transactions(query.get('station_id'), at))
    if (head === 'commands' && method === 'POST') {
      const command = {
        command_id: `c-${++messageRow}`,
        ...body,
        status: 'pending',
        reason: null,
        response: null,
        sentMs: Date.now(),
      }
      commands.set(command.command_id, command)
      return [202, command]
    }
    if (head === 'commands') {
      const command = commands.get(id)
      if (Date.now() - command.sentMs > 1500)
        Object.assign(command, { status: 'confirmed', response: { status: 'Accepted' } })
      return [200, command]
    }
    return problem(404, 'Not found', path)
  }

  /** What the stream tells at `at`; all EVSEs. */
  function picture() {
    const at = now()
    const open = signals.map(shown).filter((s) => ['accepted', 'active'].includes(s.status))
    return {
      at: demo.iso(at),
      sites: { [demo.SITE_ID]: power(at) },
      evses: evses(at),
      alarms: alarms(at),
      signals: open,
    }
  }

  return { route, picture, signedIn: () => role !== null }
}
