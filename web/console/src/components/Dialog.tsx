/** A modal dialog: the browser's own, which traps focus, closes on Esc and returns focus. */

import { X } from 'lucide-react'
import { type ReactNode, useEffect, useId, useRef } from 'react'
import { useT } from '@/lib/i18n'

interface DialogProps {
  title: string
  onClose: () => void
  children: ReactNode
}

export function Dialog({ title, onClose, children }: DialogProps) {
  const t = useT()
  const ref = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    if (ref.current && !ref.current.open) ref.current.showModal()
  }, [])
  return (
    <dialog ref={ref} className="dialog" aria-labelledby={titleId} onClose={onClose}>
      <header>
        <h2 id={titleId}>{title}</h2>
        <button
          type="button"
          className="button quiet icon"
          aria-label={t('common.close')}
          onClick={() => ref.current?.close()}
        >
          <X size={18} aria-hidden />
        </button>
      </header>
      <div className="body">{children}</div>
    </dialog>
  )
}
