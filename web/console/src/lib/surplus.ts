/** Figures derived from what is measured, so that page and test compute them alike. */

import type { SitePower } from './types'

/** Generation less factory load: positive is surplus, null without its meters. */
export function surplus(power: SitePower | null): number | null {
  if (!power || power.load_w == null) return null
  if (power.solar_w == null && power.wind_w == null) return null
  return (power.solar_w ?? 0) + (power.wind_w ?? 0) - power.load_w
}
