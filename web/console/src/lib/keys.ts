/** Keyboard: single keys and two-key sequences, silent while someone types or a dialog is open. */

import { useEffect, useRef } from 'react'

type Bindings = Readonly<Record<string, () => void>>

const SEQUENCE_MS = 1200

function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  )
}

const OWN_ENTER = 'a[href], button, summary, [role="tab"], [role="menuitem"]'

/** Whether what has the focus does something of its own with the key. */
export function takesKey(
  key: string,
  focused: { closest: (selector: string) => unknown },
): boolean {
  return key === 'Enter' && focused.closest(OWN_ENTER) != null
}

/** Which tab the key leads to, round the ends (WAI-ARIA tabs); null: it is no key of tabs. */
export function tabByKey<T>(tabs: readonly T[], tab: T, key: string): T | null {
  const at = tabs.indexOf(tab)
  const places: Record<string, number> = {
    ArrowLeft: (at + tabs.length - 1) % tabs.length,
    ArrowRight: (at + 1) % tabs.length,
    Home: 0,
    End: tabs.length - 1,
  }
  const place = places[key]
  return place === undefined ? null : (tabs[place] ?? null)
}

/** Binds e.g. `{ '/': …, 'g o': …, Escape: … }` while the component is mounted. */
export function useKeys(bindings: Bindings): void {
  const current = useRef(bindings)
  useEffect(() => {
    current.current = bindings
  })
  useEffect(() => {
    let first: { key: string; at: number } | null = null
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
      if (typing(event.target) || document.querySelector('dialog[open], [role="menu"]')) return
      if (event.target instanceof Element && takesKey(event.key, event.target)) return
      const now = performance.now()
      const pair = first && now - first.at < SEQUENCE_MS ? `${first.key} ${event.key}` : ''
      first = { key: event.key, at: now }
      const run = current.current[pair] ?? current.current[event.key]
      if (!run) return
      event.preventDefault()
      run()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
}
