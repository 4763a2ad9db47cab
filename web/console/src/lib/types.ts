/** The words of the HTTP API, as its own description has them (`npm run types`). */

import type { components } from './api-types'

type Schemas = components['schemas']

export type Site = Schemas['Site']
export type SitePower = Schemas['SitePower']
export type PowerHistory = Schemas['PowerHistory']
export type Plan = Schemas['Plan']
export type EvsePlan = Schemas['EvsePlan']
export type PlanWhy = Schemas['PlanWhy']
export type Fix = Schemas['Fix']
export type Alarm = Schemas['Alarm']
export type Evse = Schemas['Evse']
export type Station = Schemas['Station']
export type Readings = Schemas['Readings']
export type OcppMessage = Schemas['OcppMessage']
export type Transaction = Schemas['Transaction']
export type Approval = Schemas['Approval']
export type Settlement = Schemas['Settlement']
export type DecisionPost = Schemas['DecisionPost']
export type Vehicle = Schemas['VehicleAnswer']
export type Proof = Schemas['Proof']
export type Command = Schemas['CommandAnswer']
export type CommandRequest = Schemas['CommandRequest']
export type Signal = Schemas['Signal']
export type SignalRequest = Schemas['SignalPost']
export type Acknowledgement = Schemas['Acknowledgement']
export type Delivery = Schemas['Delivery']
export type DeliveryRow = Schemas['DeliveryInterval']
export type StreamMessage = Schemas['StreamMessage']
export type Quirk = Schemas['Quirk']
export type Session = Schemas['Session']
export type Role = NonNullable<Session['role']>

export interface Page<T> {
  items: T[]
  next?: string | null
}

/** Codes that the console has a sentence for: the planner's, then the controller's own. */
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
  'meter_stale',
  'meter_silent',
  'out_of_reach',
] as const
