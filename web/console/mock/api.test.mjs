import { beforeEach, expect, it } from 'vitest'
import { makeApi } from './api.mjs'

const START = Date.parse('2026-06-16T12:00:00Z')
const NOTHING = new URLSearchParams()
let api
const ask = (method, path, body = {}, query = NOTHING) => api.route(method, path, query, body)

beforeEach(() => {
  api = makeApi({ start: START, speed: 0, count: 12 })
  ask('POST', '/session', { username: 'admin', password: 'demo' })
})

it('knows an administrator', () => {
  expect(ask('GET', '/session')[1].role).toBe('admin')
})

it('has an approval decided once, and never by who asked', () => {
  const waiting = new URLSearchParams({ waiting: 'true' })
  const list = () => ask('GET', '/approvals', {}, waiting)[1].items
  const [other, own] = list()
  const hash = { payload_hash: other.payload_hash }
  expect(ask('POST', `/approvals/${other.approval_id}/approve`, {})[0]).toBe(409)
  expect(ask('POST', `/approvals/${other.approval_id}/approve`, hash)[1].status).toBe('done')
  expect(ask('POST', `/approvals/${other.approval_id}/approve`, hash)[0]).toBe(409)
  const mine = { payload_hash: own.payload_hash }
  expect(ask('POST', `/approvals/${own.approval_id}/approve`, mine)[0]).toBe(403)
  expect(ask('POST', `/approvals/${own.approval_id}/refuse`)[1].status).toBe('refused')
  expect(list()).toEqual([])
  expect(ask('POST', '/approvals/none/refuse')[0]).toBe(404)
})

it('keeps what is asked of a second administrator', () => {
  const lift = { action: 'signal.cancel', payload: { signal_id: 's-1' }, reason: 'a wrong number' }
  expect(ask('POST', '/approvals', lift)[0]).toBe(201)
  const [items] = ask('GET', '/approvals')[1].items.slice(-1)
  expect([items.asked_by, items.status, items.action]).toEqual([
    'user:alex',
    'waiting',
    lift.action,
  ])
})

it('holds an emergency reduction until somebody lifts it', () => {
  const [status, held] = ask('POST', '/sites/ev36zero/emergency', { reason: 'smoke' })
  expect([status, held.operator, held.status]).toEqual([201, 'emergency', 'active'])
  expect(api.picture().signals.map((one) => one.signal_id)).toEqual([held.signal_id])
  ask('DELETE', `/sites/ev36zero/signals/${held.signal_id}`)
  expect(api.picture().signals).toEqual([])
})

it('suspects one station until an operator has said whether it holds', () => {
  const quirks = (id) => ask('GET', `/stations/${id}/quirks`)[1].items
  expect(quirks('ev36-v2g-02')[0].proposed).toBeNull()
  const { proposed } = quirks('ev36-v2g-01')[0]
  const told = ask('PUT', '/stations/ev36-v2g-01/quirks/meter_sign', { value: proposed.value })[1]
  expect([told.value, told.source, told.proposed]).toEqual(['power_inverted', 'operator', null])
  expect(quirks('ev36-v2g-01')[0].proposed).toBeNull()
})
