/**
 * One time series panel on uPlot: plan dashed and stepped, actual solid, limits thin red, now dotted,
 * the future on a lighter ground, midnight marked. Times are epoch seconds, shown in the site's zone.
 */

import { useEffect, useMemo, useRef, useState } from 'react'
import uPlot from 'uplot'
import { formatNumber, formatPower } from '@/lib/format'
import { useWidth } from '@/lib/hooks'
import { type Translate, useT } from '@/lib/i18n'
import { useDark } from '@/lib/prefs'
import { formatDay, formatTime } from '@/lib/time'

export interface ChartSeries {
  label: string
  /** Name of a CSS variable without its dashes. */
  color: string
  planned?: boolean
  at: number[]
  values: (number | null)[]
}

interface TimeChartProps {
  title: string
  hint?: string
  series: ChartSeries[]
  zone: string
  from: number
  to: number
  now: number
  /** Drawn when the data comes near them. */
  limits?: number[]
  bands?: Band[]
  height: number
  syncKey?: string
  showTimes?: boolean
  format?: (value: number | null | undefined) => string
}

/** A stretch of time that is set apart, e.g. the window of a grid signal. */
export interface Band {
  from: number
  to: number
}

interface Frame {
  from: number
  to: number
  now: number
  limits: number[]
  bands: Band[]
}

const css = (name: string) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()

const NEAR_RATIO = 0.5

function yRange(frame: Frame, min: number | null, max: number | null): uPlot.Range.MinMax {
  let low = Math.min(0, min ?? 0)
  let high = Math.max(0, max ?? 0)
  for (const limit of frame.limits) {
    if (limit > 0 && high > limit * NEAR_RATIO) high = Math.max(high, limit)
    if (limit < 0 && low < limit * NEAR_RATIO) low = Math.min(low, limit)
  }
  const room = Math.max((high - low) * 0.08, 500)
  return [low < 0 ? low - room : low, high > 0 || low === 0 ? high + room : high]
}

function yTicks(_: uPlot, splits: number[]): string[] {
  const mega = Math.max(...splits.map(Math.abs)) >= 999_500
  const scale = mega ? 1e6 : 1e3
  const step = splits.length > 1 ? Math.abs((splits[1] ?? 0) - (splits[0] ?? 0)) / scale : 1
  const digits = [0, 1, 2].find((d) => Number.isInteger(Number((step * 10 ** d).toFixed(6)))) ?? 3
  return splits.map((value, index) => {
    const text = formatNumber(value / scale, digits)
    return index === splits.length - 1 ? `${text} ${mega ? 'MW' : 'kW'}` : text
  })
}

function verticalLine(u: uPlot, at: number, color: string, dash: number[]) {
  const { ctx, bbox } = u
  const x = Math.round(u.valToPos(at, 'x', true)) + 0.5
  if (x < bbox.left || x > bbox.left + bbox.width) return
  ctx.save()
  ctx.strokeStyle = color
  ctx.lineWidth = devicePixelRatio
  ctx.setLineDash(dash.map((length) => length * devicePixelRatio))
  ctx.beginPath()
  ctx.moveTo(x, bbox.top)
  ctx.lineTo(x, bbox.top + bbox.height)
  ctx.stroke()
  ctx.restore()
}

function horizontalLine(u: uPlot, value: number, color: string) {
  const { ctx, bbox } = u
  const y = Math.round(u.valToPos(value, 'y', true)) + 0.5
  if (y < bbox.top || y > bbox.top + bbox.height) return
  ctx.save()
  ctx.strokeStyle = color
  ctx.lineWidth = devicePixelRatio
  ctx.beginPath()
  ctx.moveTo(bbox.left, y)
  ctx.lineTo(bbox.left + bbox.width, y)
  ctx.stroke()
  ctx.restore()
}

/** Midnights of the site's zone between two instants, in epoch seconds. */
function midnights(from: number, to: number, zone: string): number[] {
  const found: number[] = []
  for (let at = Math.ceil(from / 900) * 900; at <= to; at += 900)
    if (formatTime(at * 1000, zone) === '00:00') found.push(at)
  return found
}

function drawBand(u: uPlot, band: Band) {
  const { ctx, bbox } = u
  const clamp = (at: number) =>
    Math.min(bbox.left + bbox.width, Math.max(bbox.left, u.valToPos(at, 'x', true)))
  const [left, right] = [clamp(band.from), clamp(band.to)]
  if (right <= left) return
  ctx.save()
  ctx.globalAlpha = 0.16
  ctx.fillStyle = css('accent')
  ctx.fillRect(left, bbox.top, right - left, bbox.height)
  ctx.restore()
}

function drawGround(u: uPlot, frame: Frame) {
  const { ctx, bbox } = u
  const right = bbox.left + bbox.width
  const x = Math.max(bbox.left, u.valToPos(frame.now, 'x', true))
  if (x < right) {
    ctx.save()
    ctx.fillStyle = css('sunken')
    ctx.fillRect(x, bbox.top, right - x, bbox.height)
    ctx.restore()
  }
  for (const band of frame.bands) drawBand(u, band)
}

function drawMarks(u: uPlot, frame: Frame, zone: string) {
  for (const at of midnights(frame.from, frame.to, zone))
    verticalLine(u, at, css('line-strong'), [])
  horizontalLine(u, 0, css('line-strong'))
  for (const limit of frame.limits) horizontalLine(u, limit, css('limit'))
  verticalLine(u, frame.now, css('ink-2'), [2, 3])
}

function xTicks(zone: string, t: Translate) {
  return (_: uPlot, splits: number[]) =>
    splits.map((at) => {
      const time = formatTime(at * 1000, zone)
      return time === '00:00' ? formatDay(at * 1000, zone, t.language) : time
    })
}

function options(props: TimeChartProps, frame: () => Frame, t: Translate): uPlot.Options {
  const ink = css('ink-3')
  const axis: uPlot.Axis = {
    stroke: ink,
    font: `12px ${css('sans')}`,
    ticks: { show: false },
    grid: { stroke: css('line'), width: 1 },
  }
  return {
    width: 100,
    height: props.height,
    tzDate: (at) => uPlot.tzDate(new Date(at * 1000), props.zone),
    legend: { show: false },
    padding: [10, 6, props.showTimes ? 0 : 4, 0],
    cursor: {
      drag: { x: false, y: false },
      y: false,
      points: { size: 6 },
      ...(props.syncKey ? { sync: { key: props.syncKey, setSeries: false } } : {}),
    },
    scales: {
      x: { time: true, range: () => [frame().from, frame().to] },
      y: { range: (_, min, max) => yRange(frame(), min, max) },
    },
    axes: [
      {
        ...axis,
        space: 64,
        size: props.showTimes ? 26 : 0,
        ...(props.showTimes ? { values: xTicks(props.zone, t) } : { values: () => [] }),
      },
      { ...axis, size: 62, space: 26, values: yTicks },
    ],
    series: [
      {},
      ...props.series.map((series): uPlot.Series => {
        const stroke = series.planned
          ? css(series.color)
          : css(series.color === 'grid' ? 'ink' : series.color)
        return {
          label: series.label,
          stroke,
          width: series.planned ? 1.5 : 1.75,
          ...(series.planned ? { dash: [5, 4] } : {}),
          ...(series.planned && uPlot.paths.stepped
            ? { paths: uPlot.paths.stepped({ align: 1 }) }
            : {}),
          points: { show: false },
        }
      }),
    ],
    hooks: {
      drawClear: [(u) => drawGround(u, frame())],
      draw: [(u) => drawMarks(u, frame(), props.zone)],
    },
  }
}

/** Value that holds at index `at`: the last one told at or before it. */
function held(values: ArrayLike<number | null | undefined>, at: number): number | null {
  for (let index = at; index >= 0 && index > at - 400; index--) {
    const value = values[index]
    if (value !== undefined) return value
  }
  return null
}

function indexAt(times: ArrayLike<number>, at: number): number {
  let low = 0
  let high = times.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((times[middle] ?? 0) <= at) low = middle
    else high = middle - 1
  }
  return low
}

export function TimeChart(props: TimeChartProps) {
  const t = useT()
  const dark = useDark()
  const holder = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot>(null)
  const width = useWidth(holder)
  const [cursor, setCursor] = useState<number | null>(null)
  const frame: Frame = {
    from: props.from,
    to: props.to,
    now: props.now,
    limits: props.limits ?? [],
    bands: props.bands ?? [],
  }
  const latest = useRef({ props, frame })
  latest.current = { props, frame }

  const data = useMemo(
    () =>
      uPlot.join(
        props.series.map(({ at, values }): uPlot.AlignedData => [at, values]),
      ) as uPlot.AlignedData,
    [props.series],
  )

  const shape = props.series.map((series) => `${series.label}|${series.color}`).join()
  // biome-ignore lint/correctness/useExhaustiveDependencies: rebuilt when shape, theme, zone or language change
  useEffect(() => {
    if (!holder.current) return
    const made = new uPlot(
      options(latest.current.props, () => latest.current.frame, t),
      data,
      holder.current,
    )
    made.hooks.setCursor = [(u: uPlot) => setCursor(u.cursor.idx ?? null)]
    chart.current = made
    return () => {
      chart.current = null
      made.destroy()
    }
  }, [shape, dark, props.zone, props.height, props.showTimes, t])

  // biome-ignore lint/correctness/useExhaustiveDependencies: a rebuilt chart needs its size too
  useEffect(() => {
    if (width > 0) chart.current?.setSize({ width, height: props.height })
  }, [width, props.height, shape, dark, props.zone, t])

  // biome-ignore lint/correctness/useExhaustiveDependencies: the frame is read by the scales
  useEffect(() => {
    chart.current?.setData(data)
  }, [data, props.from, props.to, props.now])

  const times = data[0] as ArrayLike<number>
  const shown = cursor ?? indexAt(times, props.now)
  const format = props.format ?? formatPower
  return (
    <figure className="chart" aria-label={props.title}>
      <figcaption>
        <h3>{props.title}</h3>
        {props.hint && <span className="hint">{props.hint}</span>}
        <span className="fill" />
        {cursor !== null && times[cursor] !== undefined && (
          <span className="hint">{formatTime((times[cursor] ?? 0) * 1000, props.zone)}</span>
        )}
        {props.series.map((series, index) => (
          <span className="key" key={series.label}>
            <svg width="18" height="8" aria-hidden>
              <line
                x1="0"
                x2="18"
                y1="4"
                y2="4"
                strokeWidth="2"
                strokeDasharray={series.planned ? '5 3' : undefined}
                style={{
                  stroke: `var(--${!series.planned && series.color === 'grid' ? 'ink' : series.color})`,
                }}
              />
            </svg>
            {series.label}
            <b>{format(held(data[index + 1] ?? [], shown))}</b>
          </span>
        ))}
      </figcaption>
      <div ref={holder} className="plot" />
    </figure>
  )
}
