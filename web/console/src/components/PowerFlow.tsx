/** The site as a single-line diagram: sources left, takers right, all on one busbar, dashes flow. */

import { BatteryMedium, Car, Factory, type LucideIcon, Sun, Wind, Zap } from 'lucide-react'
import { useRef } from 'react'
import {
  direction,
  formatEnergy,
  formatMagnitude,
  formatPercent,
  powerQuantity,
  STILL_W,
} from '@/lib/format'
import { useWidth } from '@/lib/hooks'
import { type Key, useT } from '@/lib/i18n'
import { useSite } from '@/lib/site'
import type { Site, SitePower } from '@/lib/types'

interface Stream {
  power_w: number
  color: string
  /** Whether power runs from the node to the busbar. */
  toBus: boolean
}

interface Node {
  id: string
  label: Key
  icon: LucideIcon
  power_w: number | null
  state: Key
  arrow: '' | '▲' | '▼'
  streams: Stream[]
  /** Share of capacity or limit, 0…1, with its words. */
  share?: { ratio?: number; text: string } | undefined
}

/** Nodes left of the busbar; the others are right of it. */
const LEFT: ReadonlySet<string> = new Set(['solar', 'wind', 'grid'])
const NEARLY_FULL = 0.97
const ROW = 96
const GAP = 14
const HEIGHT = 3 * ROW + 2 * GAP

type Translate = ReturnType<typeof useT>

function shareOf(t: Translate, part: number | null, whole: number): Node['share'] {
  if (part == null || whole <= 0) return undefined
  const ratio = Math.abs(part) / whole
  const values = { percent: formatPercent(ratio * 100), limit: formatMagnitude(whole) }
  return { ratio, text: t('flow.ofCapacity', values) }
}

function generation(
  t: Translate,
  id: 'solar' | 'wind',
  power_w: number | null,
  of_w: number,
): Node {
  const runs = power_w != null && power_w >= STILL_W
  return {
    id,
    label: `flow.${id}`,
    icon: id === 'solar' ? Sun : Wind,
    power_w,
    state: power_w == null ? 'flow.noData' : runs ? 'flow.generating' : 'flow.still',
    arrow: '',
    streams: runs ? [{ power_w, color: id, toBus: true }] : [],
    share: shareOf(t, power_w, of_w),
  }
}

function gridNode(t: Translate, power: SitePower): Node {
  const { grid_w } = power
  const flow = direction(grid_w)
  const states = { in: 'flow.importing', out: 'flow.exporting', still: 'flow.still' } as const
  return {
    id: 'grid',
    label: 'flow.grid',
    icon: Zap,
    power_w: grid_w,
    state: grid_w == null ? 'flow.noData' : states[flow],
    arrow: flow === 'in' ? '▲' : flow === 'out' ? '▼' : '',
    streams:
      grid_w == null || flow === 'still'
        ? []
        : [{ power_w: Math.abs(grid_w), color: 'grid', toBus: flow === 'in' }],
    share: shareOf(t, grid_w, flow === 'out' ? power.export_bound_w : power.import_bound_w),
  }
}

function loadNode(load_w: number | null): Node {
  const runs = load_w != null && load_w >= STILL_W
  return {
    id: 'load',
    label: 'flow.load',
    icon: Factory,
    power_w: load_w,
    state: load_w == null ? 'flow.noData' : runs ? 'flow.consuming' : 'flow.still',
    arrow: '',
    streams: runs ? [{ power_w: load_w, color: 'grid', toBus: false }] : [],
  }
}

function storeNode(t: Translate, power: SitePower, site: Site): Node {
  const { store_w, store_soc_pct } = power
  const flow = direction(store_w)
  const states = { in: 'flow.charging', out: 'flow.discharging', still: 'flow.still' } as const
  return {
    id: 'store',
    label: 'flow.store',
    icon: BatteryMedium,
    power_w: store_w,
    state: store_w == null ? 'flow.noData' : states[flow],
    arrow: flow === 'in' ? '▲' : flow === 'out' ? '▼' : '',
    streams:
      store_w == null || flow === 'still'
        ? []
        : [{ power_w: Math.abs(store_w), color: 'store', toBus: flow === 'out' }],
    share:
      store_soc_pct == null
        ? undefined
        : {
            ratio: store_soc_pct / 100,
            text: t('flow.ofCapacity', {
              percent: formatPercent(store_soc_pct),
              limit: formatEnergy(site.store?.capacity_wh),
            }),
          },
  }
}

function fleetNode(t: Translate, power: SitePower, charging: number): Node {
  const charge_w = power.fleet_charge_w ?? 0
  const discharge_w = power.fleet_discharge_w ?? 0
  const known = power.fleet_charge_w != null || power.fleet_discharge_w != null
  const net_w = known ? charge_w - discharge_w : null
  const streams: Stream[] = []
  if (charge_w >= STILL_W) streams.push({ power_w: charge_w, color: 'charge', toBus: false })
  if (discharge_w >= STILL_W)
    streams.push({ power_w: discharge_w, color: 'discharge', toBus: true })
  const flow = direction(net_w)
  const states = { in: 'flow.charging', out: 'flow.discharging', still: 'flow.still' } as const
  return {
    id: 'fleet',
    label: 'flow.fleet',
    icon: Car,
    power_w: net_w,
    state: known ? states[flow] : 'flow.noData',
    arrow: flow === 'in' ? '▲' : flow === 'out' ? '▼' : '',
    streams,
    share: { text: t.n('kpi.chargingNote', charging) },
  }
}

function lineWidth(power_w: number, most_w: number): number {
  return 2.5 + 9 * Math.sqrt(Math.min(1, power_w / most_w))
}

function NodeBox({ node, x, y, width }: { node: Node; x: number; y: number; width: number }) {
  const t = useT()
  const { value, unit } = powerQuantity(node.power_w == null ? null : Math.abs(node.power_w))
  const Icon = node.icon
  const color = node.streams[0]?.color
  const small = width < 170
  const track = width - 28
  return (
    <g transform={`translate(${x} ${y})`} data-testid={`power-flow-${node.id}`}>
      <rect className="flow-box" x="0.5" y="0.5" width={width - 1} height={ROW - 1} rx="8" />
      {color && (
        <rect
          x="0"
          y="10"
          width="3"
          height={ROW - 20}
          rx="1.5"
          style={{ fill: `var(--${color})` }}
        />
      )}
      <Icon x={14} y={14} width={16} height={16} className="flow-icon" aria-hidden />
      <text x="36" y="27" className="flow-label">
        {t(node.label)}
      </text>
      {!small && (
        <text x={width - 14} y="27" textAnchor="end" className="flow-state">
          {node.arrow} {t(node.state)}
        </text>
      )}
      <text x="14" y="56" className="flow-value">
        {value}
        <tspan className="flow-unit" dx="4">
          {unit}
        </tspan>
      </text>
      <text x="14" y="80" className="flow-share">
        {small ? `${node.arrow} ${t(node.state)}` : (node.share?.text ?? '')}
      </text>
      {!small && node.share?.ratio !== undefined && (
        <>
          <rect className="flow-track" x="14" y={ROW - 11} width={track} height="4" rx="2" />
          <rect
            className={
              node.id === 'grid' && node.share.ratio > NEARLY_FULL ? 'flow-part full' : 'flow-part'
            }
            x="14"
            y={ROW - 11}
            width={track * Math.min(1, node.share.ratio)}
            height="4"
            rx="2"
          />
        </>
      )}
    </g>
  )
}

/** One stretch of power between a node and the busbar, in pixels of the drawing. */
interface Flow {
  key: string
  x: number
  y: number
  length: number
  width: number
  color: string
  rightwards: boolean
}

function flowsOf(node: Node, y: number, x: number, length: number, most_w: number): Flow[] {
  return node.streams.map((stream, index) => ({
    key: `${node.id}-${stream.color}`,
    x,
    y: y + (node.streams.length > 1 ? (index === 0 ? -11 : 11) : 0),
    length,
    width: lineWidth(stream.power_w, most_w),
    color: `var(--${stream.color})`,
    rightwards: stream.toBus === LEFT.has(node.id),
  }))
}

/** The moving dashes lie over the drawing as boxes: those the compositor moves without repainting. */
function Dashes({ flow }: { flow: Flow }) {
  const height = Math.max(2, flow.width * 0.5)
  return (
    <span
      className={flow.rightwards ? 'flow-dashes' : 'flow-dashes leftwards'}
      style={{
        left: flow.x,
        top: flow.y - height / 2,
        width: flow.length,
        height,
        color: flow.color,
      }}
      aria-hidden
    >
      <i />
    </span>
  )
}

interface PowerFlowProps {
  power: SitePower
  charging: number
}

export function PowerFlow({ power, charging }: PowerFlowProps) {
  const t = useT()
  const site = useSite()
  const holder = useRef<HTMLDivElement>(null)
  const width = useWidth(holder)
  const left = [
    generation(t, 'solar', power.solar_w, site.solar_capacity_w),
    generation(t, 'wind', power.wind_w, site.wind_capacity_w),
    gridNode(t, power),
  ]
  const right = [loadNode(power.load_w), storeNode(t, power, site), fleetNode(t, power, charging)]
  const most_w = Math.max(site.import_limit_w, 1)
  const nodeWidth = (width - Math.max(56, Math.min(220, width * 0.26))) / 2
  const bus = width / 2
  const placed = [left, right].flatMap((nodes, side) =>
    nodes.map((node, row) => ({
      node,
      x: side === 0 ? 0 : width - nodeWidth,
      y: row * (ROW + GAP),
      lineX: side === 0 ? nodeWidth : bus,
    })),
  )
  const reach = bus - nodeWidth
  const flows = placed.flatMap(({ node, y, lineX }) =>
    flowsOf(node, y + ROW / 2, lineX, reach, most_w),
  )
  return (
    <div ref={holder} className="flow">
      {width > 0 && (
        // biome-ignore lint/a11y/useSemanticElements: a drawing is no fieldset, but its texts are to be read
        <svg width={width} height={HEIGHT} role="group" aria-label={t('flow.title')}>
          {placed.map(({ node, x, y, lineX }) => (
            <g key={node.id}>
              {node.streams.length === 0 && (
                <path className="flow-rest" d={`M${lineX} ${y + ROW / 2}h${reach}`} />
              )}
              <NodeBox node={node} x={x} y={y} width={nodeWidth} />
            </g>
          ))}
          {flows.map((flow) => (
            <path
              key={flow.key}
              className="flow-line"
              d={`M${flow.x} ${flow.y}h${flow.length}`}
              strokeWidth={flow.width}
              style={{ stroke: flow.color }}
            />
          ))}
          <rect className="flow-bus" x={bus - 3} y={6} width={6} height={HEIGHT - 12} rx={3} />
        </svg>
      )}
      {flows.map((flow) => (
        <Dashes key={flow.key} flow={flow} />
      ))}
    </div>
  )
}
