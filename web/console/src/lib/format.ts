/** Numbers as operators read them: unit beside the value, U+2212 for minus, never "-0", "–" for unknown. */

export const MINUS = '\u2212'
export const UNKNOWN = '–'

export interface Quantity {
  value: string
  unit: string
}

const formats = new Map<number, Intl.NumberFormat>()

/** `value` with exactly `digits` decimals, grouped, typographic minus. */
export function formatNumber(value: number | null | undefined, digits = 0): string {
  if (value == null || !Number.isFinite(value)) return UNKNOWN
  let format = formats.get(digits)
  if (!format) {
    format = new Intl.NumberFormat('en-GB', {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      signDisplay: 'negative',
    })
    formats.set(digits, format)
  }
  return format.format(value).replace('-', MINUS)
}

function scaled(value: number, mega: string, kilo: string): Quantity {
  const size = Math.abs(value)
  if (size >= 999_500) return { value: formatNumber(value / 1e6, 2), unit: mega }
  return { value: formatNumber(value / 1e3, size >= 99_950 ? 0 : 1), unit: kilo }
}

/** W as kW below 1 MW, as MW with two decimals from there. */
export function powerQuantity(power_w: number | null | undefined): Quantity {
  if (power_w == null || !Number.isFinite(power_w)) return { value: UNKNOWN, unit: 'kW' }
  return scaled(power_w, 'MW', 'kW')
}

export function formatPower(power_w: number | null | undefined): string {
  const { value, unit } = powerQuantity(power_w)
  return value === UNKNOWN ? value : `${value}\u00a0${unit}`
}

/** Size of a power whose direction is told by a word or an arrow. */
export function formatMagnitude(power_w: number | null | undefined): string {
  return formatPower(power_w == null ? power_w : Math.abs(power_w))
}

export function formatEnergy(energy_wh: number | null | undefined): string {
  if (energy_wh == null) return UNKNOWN
  const { value, unit } = scaled(energy_wh, 'MWh', 'kWh')
  return `${value}\u00a0${unit}`
}

export function formatPercent(value_pct: number | null | undefined, digits = 0): string {
  return value_pct == null ? UNKNOWN : `${formatNumber(value_pct, digits)}\u00a0%`
}

/** GBP per kWh as pence, as price lists in Britain do. */
export function formatPrice(price_gbp_per_kwh: number | null | undefined): string {
  return price_gbp_per_kwh == null
    ? UNKNOWN
    : `${formatNumber(price_gbp_per_kwh * 100, 1)}\u00a0p/kWh`
}

/** Flow below this is noise of a meter, not a direction. */
export const STILL_W = 50

export type Direction = 'in' | 'out' | 'still'

export function direction(power_w: number | null | undefined): Direction {
  if (power_w == null || Math.abs(power_w) < STILL_W) return 'still'
  return power_w > 0 ? 'in' : 'out'
}
