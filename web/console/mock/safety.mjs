// The demo's approvals, emergency reduction and suspected quirks; state in memory.
import { iso, SITE_ID } from './site.mjs'

const HOUR = 3_600_000

/** Two wishes wait: one of somebody else, one of the signed-in user's own. */
export function makeApprovals(start) {
  const wish = (number, asked_by, action, payload, reason) => ({
    approval_id: `00000000-0000-4000-8000-00000000000${number}`,
    action,
    payload,
    payload_hash: `hash-${number}`,
    reason,
    asked_by,
    asked_at: iso(start),
    expires_at: iso(start + HOUR / 4),
    status: 'waiting',
    decided_by: null,
    decided_at: null,
    answer: null,
  })
  const bay = [1, 2, 3].map((number) => ({
    station_id: `ev36-v2g-0${number}`,
    kind: 'Reset',
    payload: { type: 'OnIdle' },
  }))
  const wishes = [
    wish(1, 'user:ada', 'commands', { commands: bay }, 'Restart the bay before the inspection'),
    wish(
      2,
      'user:alex',
      'vehicle.v2g_floor',
      { vehicle_id: 'van-012', version: 3, v2g_floor_soc_pct: 10 },
      'Tonight it may give more',
    ),
  ]
  const problem = (status, name, detail) => [
    status,
    { type: `urn:v2ghub:problem:${name}`, title: 'Refused', status, detail },
  ]

  /** The answer to a request below /approvals; `who` is the signed-in user. */
  function route(method, id, what, query, body, who, now) {
    if (method === 'GET') {
      const waiting = query.get('waiting') === 'true'
      const items = wishes.filter((one) => !waiting || one.status === 'waiting')
      return [200, { items, next: null }]
    }
    if (method === 'POST' && !id) {
      const { action, payload, reason } = body
      wishes.push(wish(wishes.length + 1, who, action, payload, reason))
      return [201, wishes.at(-1)]
    }
    const found = wishes.find((one) => one.approval_id === id)
    if (!found) return problem(404, 'not-found', `There is no approval ${id}.`)
    if (found.status !== 'waiting')
      return problem(409, 'approval-decided', `It is ${found.status} already.`)
    if (what === 'approve' && found.asked_by === who)
      return problem(403, 'own-approval', 'Another administrator must approve what you asked for.')
    if (what === 'approve' && body.payload_hash !== found.payload_hash)
      return problem(409, 'payload-changed', 'This is not what you looked at: read it again.')
    const status = what === 'approve' ? 'done' : 'refused'
    Object.assign(found, { status, decided_by: who, decided_at: iso(now) })
    return [200, found]
  }
  return { route }
}

/** The envelope that an emergency reduction is, from `at` until it is lifted. */
export const emergency = (at, body) => ({
  external_id: `emergency-${iso(at)}`,
  revision: 0,
  kind: 'envelope',
  priority: 0,
  starts_at: iso(at),
  ends_at: iso(at + 8760 * HOUR),
  import_max_w: body.import_max_w ?? 15_200_000,
  operator: 'emergency',
  site_id: SITE_ID,
})

/** What is suspected of the stations of the demo; answers are remembered. */
export function makeQuirks(start) {
  const proposed = {
    value: 'power_inverted',
    at: iso(start - HOUR),
    reason: 'power x time is -7.1 kWh where the register rose by 7.2 kWh',
  }
  const quirk = {
    name: 'meter_sign',
    value: 'standard',
    standard: 'standard',
    source: 'standard',
    at: null,
    reason: null,
  }
  const answers = new Map()
  return function route(method, stationId, name, body) {
    if (method === 'PUT') answers.set(stationId, body.value)
    const answered = answers.has(stationId)
    const value = answers.get(stationId) ?? quirk.value
    const suspected = stationId === 'ev36-v2g-01' && !answered
    const source = answered ? 'operator' : quirk.source
    const told = { ...quirk, value, source, proposed: suspected ? proposed : null }
    return [200, name ? told : { items: [told], next: null }]
  }
}
