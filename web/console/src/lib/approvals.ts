/** What waits for a second administrator, in words. */

import type { Key } from './i18n'
import type { Approval } from './types'

export const ACTIONS: Record<string, Key> = {
  commands: 'approval.action.commands',
  'firmware.campaign': 'approval.action.firmware_campaign',
  'certificate.revoke': 'approval.action.certificate_revoke',
  'vehicle.v2g_floor': 'approval.action.vehicle_v2g_floor',
  'signal.cancel': 'approval.action.signal_cancel',
}

/** Whether `username` asked for it, and so must not approve. */
export function isOwn(wish: Pick<Approval, 'asked_by'>, username: string | undefined): boolean {
  return wish.asked_by === `user:${username}`
}

/** What will be done, to be read before it is approved. */
export function payloadText(wish: Pick<Approval, 'payload'>): string {
  return JSON.stringify(wish.payload, null, 2)
}
