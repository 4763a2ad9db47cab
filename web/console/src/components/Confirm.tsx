/** A dialog that asks before it acts: it is sent once, and a refusal is shown where it was asked. */

import { useQueryClient } from '@tanstack/react-query'
import { type ComponentProps, type ReactNode, useId, useState } from 'react'
import { useT } from '@/lib/i18n'
import { Dialog } from './Dialog'

/** Why something was not done; nothing while there is nothing to say. */
export function Problem({ text }: { text: string }) {
  if (!text) return null
  return (
    <p className="error" role="alert">
      {text}
    </p>
  )
}

interface TextFieldProps extends Omit<ComponentProps<'input'>, 'onChange'> {
  label: string
  onChange: (value: string) => void
}

/** A line of text with its label. */
export function TextField({ label, onChange, ...input }: TextFieldProps) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="input"
        maxLength={500}
        {...input}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  )
}

/** One act at a time: `run` does `act`, has what it changes asked for anew, and is `done` if it went well. */
export function useAct(changes: string, done: () => void) {
  const client = useQueryClient()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState('')
  const run = (act: () => Promise<unknown>) => {
    setBusy(true)
    setProblem('')
    act()
      .then(done, (error: Error) => setProblem(error.message))
      .finally(() => {
        setBusy(false)
        void client.invalidateQueries({ queryKey: [changes] })
      })
  }
  return { busy, problem, run }
}

interface ConfirmProps {
  title: string
  /** What the button says. */
  label: string
  /** What the other says: Cancel, unless that is what it does. */
  dismiss?: string
  danger?: boolean
  disabled?: boolean
  testId: string
  /** The key of the queries that it changes. */
  changes: string
  act: () => Promise<unknown>
  onClose: () => void
  children: ReactNode
}

export function ConfirmDialog({
  title,
  label,
  testId,
  changes,
  act,
  onClose,
  ...rest
}: ConfirmProps) {
  const t = useT()
  const { busy, problem, run } = useAct(changes, onClose)
  return (
    <Dialog title={title} onClose={onClose}>
      {rest.children}
      <Problem text={problem} />
      <footer>
        <button type="button" className="button" onClick={onClose}>
          {rest.dismiss ?? t('common.cancel')}
        </button>
        <button
          type="button"
          className={rest.danger ? 'button danger' : 'button primary'}
          data-testid={testId}
          disabled={busy || rest.disabled}
          onClick={() => run(act)}
        >
          {label}
        </button>
      </footer>
    </Dialog>
  )
}
