/** The list of keyboard shortcuts. */

import { type Key, useT } from '@/lib/i18n'
import { Dialog } from './Dialog'

const KEYS: [string[], Key][] = [
  [['g', 'o'], 'keys.overview'],
  [['g', 'c'], 'keys.chargers'],
  [['/'], 'keys.filter'],
  [['j', 'k'], 'keys.move'],
  [['Enter'], 'keys.open'],
  [['Esc'], 'keys.back'],
  [['?'], 'keys.help'],
]

export function KeyHelp({ onClose }: { onClose: () => void }) {
  const t = useT()
  return (
    <Dialog title={t('keys.title')} onClose={onClose}>
      <dl className="keys">
        {KEYS.map(([keys, label]) => (
          <div key={label}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{t(label)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
