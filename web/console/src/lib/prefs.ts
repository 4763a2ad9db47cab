/** Choices of this browser (language, theme): kept in local storage, heard by every component. */

import { useSyncExternalStore } from 'react'

class Preference<T extends string> {
  private value: T
  private readonly listeners = new Set<() => void>()

  constructor(
    private readonly name: string,
    allowed: readonly T[],
    fallback: T,
  ) {
    const stored = readStored(name)
    this.value = allowed.find((choice) => choice === stored) ?? fallback
  }

  readonly get = (): T => this.value

  set(value: T): void {
    this.value = value
    try {
      localStorage.setItem(this.name, value)
    } catch {
      // A browser that stores nothing keeps the choice until the page closes.
    }
    for (const listener of this.listeners) listener()
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }
}

function readStored(name: string): string | null {
  try {
    return localStorage.getItem(name)
  } catch {
    return null
  }
}

export type Language = 'en-GB' | 'zh-Hans'
export type Theme = 'system' | 'light' | 'dark'

function browserLanguage(): Language {
  return globalThis.navigator?.language?.toLowerCase().startsWith('zh') ? 'zh-Hans' : 'en-GB'
}

export const language = new Preference<Language>(
  'v2ghub.language',
  ['en-GB', 'zh-Hans'],
  browserLanguage(),
)
export const theme = new Preference<Theme>('v2ghub.theme', ['system', 'light', 'dark'], 'system')

export function usePreference<T extends string>(preference: Preference<T>): T {
  return useSyncExternalStore(preference.subscribe, preference.get)
}

const darkQuery = () => matchMedia('(prefers-color-scheme: dark)')

/** Mirrors language and theme to the document, now and at every change. */
export function applyPreferences(): void {
  const root = document.documentElement
  const apply = () => {
    const chosen = theme.get()
    const dark = chosen === 'dark' || (chosen === 'system' && darkQuery().matches)
    root.dataset.theme = dark ? 'dark' : 'light'
    root.lang = language.get()
  }
  apply()
  theme.subscribe(apply)
  language.subscribe(apply)
  darkQuery().addEventListener('change', apply)
}

/** The theme on screen, with "system" resolved. */
export function useDark(): boolean {
  const chosen = usePreference(theme)
  const system = useSyncExternalStore(
    (listener) => {
      const query = darkQuery()
      query.addEventListener('change', listener)
      return () => query.removeEventListener('change', listener)
    },
    () => darkQuery().matches,
  )
  return chosen === 'dark' || (chosen === 'system' && system)
}
