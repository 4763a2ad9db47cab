/** Figures derived from what is measured, so that page and test compute them alike. */

import type { SitePower } from './types'

/** Generation less factory load: positive is surplus, null while a part of it is not known. A site
 * without sun or wind has 0 W of it. */
export function surplus(power: SitePower | null): number | null {
  if (power?.load_w == null || power.solar_w == null || power.wind_w == null) return null
  return power.solar_w + power.wind_w - power.load_w
}
