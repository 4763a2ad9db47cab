/** A titled card, and the states that every widget has besides its content. */

import type { ReactNode } from 'react'
import { ApiProblem } from '@/lib/api'
import { useT } from '@/lib/i18n'

interface CardProps {
  title: string
  actions?: ReactNode
  children: ReactNode
  className?: string
}

export function Card({ title, actions, children, className = '' }: CardProps) {
  return (
    <section className={`card ${className}`} aria-label={title}>
      <header>
        <h2>{title}</h2>
        <span className="fill" />
        {actions}
      </header>
      <div className="content">{children}</div>
    </section>
  )
}

/** What stands where content would: why there is none. */
export function Note({ children, problem = false }: { children: ReactNode; problem?: boolean }) {
  return (
    <div className={problem ? 'note problem' : 'note'} role={problem ? 'alert' : 'status'}>
      {children}
    </div>
  )
}

/** A failed request in words, with a way to go on. */
export function ProblemNote({ error, retry }: { error: unknown; retry?: () => void }) {
  const t = useT()
  return (
    <Note problem>
      <span>{problemText(error, t('common.unreachable'), t('common.loadError'))}</span>
      {retry && (
        <button type="button" className="button small" onClick={retry}>
          {t('common.retry')}
        </button>
      )}
    </Note>
  )
}

export function problemText(error: unknown, unreachable: string, fallback: string): string {
  if (!(error instanceof ApiProblem)) return fallback
  return error.status === 0 ? unreachable : error.message
}

interface Loaded<T> {
  data: T | undefined
  error: unknown
  refetch: () => unknown
}

/** Content of a query once it is there; a failed refresh keeps what was loaded before. */
export function Loadable<T>({
  query,
  children,
}: {
  query: Loaded<T>
  children: (data: T) => ReactNode
}) {
  const t = useT()
  if (query.data !== undefined) return children(query.data)
  if (query.error) return <ProblemNote error={query.error} retry={() => query.refetch()} />
  return <Note>{t('common.loading')}</Note>
}
