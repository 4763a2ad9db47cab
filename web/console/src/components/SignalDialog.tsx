/** An operator posts a grid signal: what, when, checked as typed, and the hub's answer in place. */

import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ApiProblem, newKey, post } from '@/lib/api'
import { formatPower } from '@/lib/format'
import { useT } from '@/lib/i18n'
import {
  checkSignal,
  type Field,
  type FormErrors,
  type SignalAsk,
  type SignalForm,
} from '@/lib/signal-form'
import { askedText } from '@/lib/signals'
import { useNow, useSite } from '@/lib/site'
import { formatTime, formatWhen, toLocalInput } from '@/lib/time'
import type { Signal, SignalRequest } from '@/lib/types'
import { Problem } from './Confirm'
import { Dialog } from './Dialog'
import { BoundFields, IdentityFields, PowerFields, WindowFields } from './SignalFields'
import { Capability } from './Signals'

const ASKS: SignalAsk[] = ['delta', 'site', 'envelope']

function startForm(now: string, zone: string): SignalForm {
  const start = toLocalInput(Date.parse(now) + 5 * 60_000, zone)
  const stamp = toLocalInput(now, zone).replace(/\D/g, '')
  return {
    ask: 'delta',
    sign: -1,
    power_kw: '150',
    import_kw: '',
    export_kw: '',
    day: start.slice(0, 10),
    time: start.slice(11),
    minutes: 30,
    priority: '5',
    reference: `console-${stamp}-${newKey().slice(0, 4)}`,
  }
}

function Answer({ signal }: { signal: Signal }) {
  const t = useT()
  const { acknowledgement, baseline } = signal
  const series = baseline?.grid_w ?? []
  const mean_w = series.reduce((sum, value) => sum + value, 0) / Math.max(1, series.length)
  return (
    <section className="answer" data-testid="signal-answer" aria-live="polite">
      <h3>{t('signal.answer')}</h3>
      {acknowledgement && <Capability answer={acknowledgement} />}
      {baseline && series.length > 0 && (
        <p className="hint">
          {t('signal.baseline', {
            version: baseline.plan_version ?? '–',
            power: formatPower(mean_w),
          })}
        </p>
      )}
    </section>
  )
}

/** Posting; the same words sent again get the same answer. */
function usePosting() {
  const t = useT()
  const client = useQueryClient()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState('')
  const [answer, setAnswer] = useState<Signal | null>(null)
  const send = async (siteId: string, body: SignalRequest) => {
    setBusy(true)
    setProblem('')
    try {
      setAnswer(await post<Signal>(`/sites/${siteId}/signals`, body))
      void client.invalidateQueries({ queryKey: ['signals'] })
    } catch (error) {
      const status = error instanceof ApiProblem ? error.status : -1
      if (status === 409) setProblem(t('signal.conflict'))
      else if (status === 0) setProblem(t('common.unreachable'))
      else setProblem(error instanceof Error ? error.message : String(error))
    } finally {
      setBusy(false)
    }
  }
  return { busy, problem, answer, send }
}

export function SignalDialog({ onClose }: { onClose: () => void }) {
  const t = useT()
  const site = useSite()
  const now = useNow()
  const [form, setForm] = useState(() => startForm(now, site.time_zone))
  const [errors, setErrors] = useState<FormErrors>({})
  const { busy, problem, answer, send } = usePosting()
  const check = (of: SignalForm) =>
    checkSignal(of, site, Date.parse(now), formatTime(now, site.time_zone))
  const set = (part: Partial<SignalForm>) => {
    setForm({ ...form, ...part })
    setErrors({})
  }
  const error = (field: Field) => {
    const found = errors[field]
    return found && t(found.key, found.values)
  }
  const checked = check(form)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if ('errors' in checked) setErrors(checked.errors)
    else void send(site.site_id, checked.request)
  }
  if (answer)
    return (
      <Dialog title={t('signal.dialogTitle')} onClose={onClose}>
        <p>
          <b>{askedText(t, answer)}</b>{' '}
          <span className="hint">
            {formatWhen(answer.starts_at, now, site.time_zone, t.language)}–
            {formatTime(answer.ends_at, site.time_zone)} · {answer.external_id}
          </span>
        </p>
        <Answer signal={answer} />
        <footer>
          <button type="button" className="button primary" onClick={onClose}>
            {t('common.close')}
          </button>
        </footer>
      </Dialog>
    )
  const part = { form, set, error }
  return (
    <Dialog title={t('signal.dialogTitle')} onClose={onClose}>
      <form className="signal-form" onSubmit={submit} noValidate>
        <p className="hint">{t('signal.lead')}</p>
        <fieldset className="field plain">
          <legend>{t('signal.kind')}</legend>
          <div className="segments">
            {ASKS.map((ask) => (
              <button
                key={ask}
                type="button"
                aria-pressed={form.ask === ask}
                onClick={() => set({ ask })}
              >
                {t(`signal.kind.${ask}`)}
              </button>
            ))}
          </div>
          <p className="hint">{t(`signal.help.${form.ask}`)}</p>
        </fieldset>
        {form.ask === 'envelope' ? <BoundFields {...part} /> : <PowerFields {...part} />}
        <WindowFields {...part} />
        <IdentityFields {...part} />
        {'request' in checked && (
          <p className="summary">
            {t('signal.summary', {
              what: askedText(t, checked.request),
              from: formatWhen(checked.request.starts_at, now, site.time_zone, t.language),
              to: formatTime(checked.request.ends_at, site.time_zone),
            })}
          </p>
        )}
        <Problem text={problem} />
        <footer>
          <button type="button" className="button" onClick={onClose}>
            {t('common.cancel')}
          </button>
          <button
            type="submit"
            className="button primary"
            data-testid="signal-submit"
            disabled={busy}
          >
            {busy ? t('signal.busy') : t('signal.submit')}
          </button>
        </footer>
      </form>
    </Dialog>
  )
}
