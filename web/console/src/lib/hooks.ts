/** Small hooks that touch the browser: size of an element, a real-time pulse. */

import { type RefObject, useEffect, useState, useSyncExternalStore } from 'react'

/** Content width of an element in CSS pixels, 0 until it is laid out. */
export function useWidth(ref: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0)
  useEffect(() => {
    const element = ref.current
    if (!element) return
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setWidth(Math.round(entry.contentRect.width))
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [ref])
  return width
}

/** Milliseconds of the monotonic clock, renewed every second. */
export function usePulse(): number {
  return useSyncExternalStore(subscribePulse, () => pulseMs)
}

let pulseMs = performance.now()
let timer: ReturnType<typeof setInterval> | undefined
const listeners = new Set<() => void>()

function subscribePulse(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    pulseMs = performance.now()
    for (const each of listeners) each()
  }, 1000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}
