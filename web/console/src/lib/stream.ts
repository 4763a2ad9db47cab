/** The one EventSource of the console: feeds the live store, reconnects, and notices silence. */

import { useSyncExternalStore } from 'react'
import { type LiveState, NOTHING, receive } from './live'
import type { StreamMessage } from './types'

const SILENCE_MS = 20_000
const RETRY_MAX_MS = 10_000

class LiveStore {
  state: LiveState = NOTHING
  private readonly listeners = new Set<() => void>()

  set(state: LiveState): void {
    this.state = state
    for (const listener of this.listeners) listener()
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }
}

export const liveStore = new LiveStore()

/** A part of the live state; renders again only when `select`'s answer is another object. */
export function useLive<T>(select: (state: LiveState) => T): T {
  return useSyncExternalStore(liveStore.subscribe, () => select(liveStore.state))
}

/** Opens the stream; `onRefused` runs when the server turns it down, so that the caller asks why. */
export function openStream(url: string, onRefused: () => void): () => void {
  let source: EventSource | null = null
  let retryMs = 1000
  let retry: ReturnType<typeof setTimeout> | undefined
  let silence: ReturnType<typeof setTimeout> | undefined

  const watch = () => {
    clearTimeout(silence)
    silence = setTimeout(reopen, SILENCE_MS)
  }
  const lost = () => liveStore.set({ ...liveStore.state, connection: 'lost' })

  const on = (kind: 'snapshot' | 'tick') => (event: MessageEvent<string>) => {
    retryMs = 1000
    watch()
    const message = JSON.parse(event.data) as StreamMessage
    liveStore.set(receive(liveStore.state, kind, message, performance.now()))
  }

  function open() {
    source = new EventSource(url)
    source.addEventListener('snapshot', on('snapshot'))
    source.addEventListener('tick', on('tick'))
    source.onerror = () => {
      lost()
      if (source?.readyState !== EventSource.CLOSED) return
      onRefused()
      retry = setTimeout(reopen, retryMs)
      retryMs = Math.min(retryMs * 2, RETRY_MAX_MS)
    }
    watch()
  }

  function reopen() {
    clearTimeout(retry)
    source?.close()
    lost()
    open()
  }

  open()
  return () => {
    clearTimeout(retry)
    clearTimeout(silence)
    source?.close()
    liveStore.set(NOTHING)
  }
}
