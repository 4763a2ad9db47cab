/** A share as a bar beside its figure; the figure is what a reader hears. */

export function Bar({ ratio, full = false }: { ratio: number; full?: boolean }) {
  const width = `${Math.max(0, Math.min(1, ratio)) * 100}%`
  return (
    <span className={full ? 'bar-track full' : 'bar-track'} aria-hidden>
      <i style={{ width }} />
    </span>
  )
}
