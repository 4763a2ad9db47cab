/** The fields of a grid signal: each with its label, its hint, and what is wrong with it. */

import { type ReactNode, useId } from 'react'
import { useT } from '@/lib/i18n'
import type { Field, SignalForm } from '@/lib/signal-form'
import { useNow, useSite } from '@/lib/site'
import { formatDay, localDays, zoneName } from '@/lib/time'

const DAYS = 2
const DURATIONS_MIN = [15, 30, 60, 90, 120, 240]

interface FieldProps {
  label: string
  hint?: string
  error?: string | undefined
  children: (props: {
    id: string
    'aria-describedby': string
    'aria-invalid': boolean
  }) => ReactNode
}

function FormField({ label, hint, error, children }: FieldProps) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': `${id}-help`, 'aria-invalid': Boolean(error) })}
      <span id={`${id}-help`} className={error ? 'error' : 'hint'}>
        {error ?? hint}
      </span>
    </div>
  )
}

export interface PartProps {
  form: SignalForm
  set: (part: Partial<SignalForm>) => void
  error: (field: Field) => string | undefined
}

export function PowerFields({ form, set, error }: PartProps) {
  const t = useT()
  const words =
    form.ask === 'delta'
      ? ([t('signal.less'), t('signal.more')] as const)
      : ([t('signal.export'), t('signal.import')] as const)
  return (
    <div className="form-row">
      <FormField label={t('signal.direction')}>
        {(props) => (
          <select
            {...props}
            className="input"
            value={form.sign}
            onChange={(event) => set({ sign: event.target.value === '1' ? 1 : -1 })}
          >
            <option value={-1}>{words[0]}</option>
            <option value={1}>{words[1]}</option>
          </select>
        )}
      </FormField>
      <KilowattField
        label={t('signal.power')}
        value={form.power_kw}
        error={error('power')}
        onChange={(power_kw) => set({ power_kw })}
      />
    </div>
  )
}

interface KilowattProps {
  label: string
  value: string
  error: string | undefined
  onChange: (value: string) => void
}

function KilowattField({ label, value, error, onChange }: KilowattProps) {
  return (
    <FormField label={label} error={error}>
      {(props) => (
        <span className="with-unit">
          <input
            {...props}
            className="input"
            inputMode="decimal"
            autoComplete="off"
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
          <i>kW</i>
        </span>
      )}
    </FormField>
  )
}

export function BoundFields({ form, set, error }: PartProps) {
  const t = useT()
  return (
    <div className="form-row">
      <KilowattField
        label={t('signal.importField')}
        value={form.import_kw}
        error={error('bounds')}
        onChange={(import_kw) => set({ import_kw })}
      />
      <KilowattField
        label={t('signal.exportField')}
        value={form.export_kw}
        error={undefined}
        onChange={(export_kw) => set({ export_kw })}
      />
    </div>
  )
}

export function WindowFields({ form, set, error }: PartProps) {
  const t = useT()
  const site = useSite()
  const now = useNow()
  return (
    <div className="form-row">
      <FormField
        label={t('signal.start', { zone: zoneName(now, site.time_zone) })}
        error={error('start')}
      >
        {(props) => (
          <span className="day-time">
            <select
              className="input"
              aria-label={t('signal.day')}
              value={form.day}
              onChange={(event) => set({ day: event.target.value })}
            >
              {localDays(now, site.time_zone, DAYS).map((day) => (
                <option key={day} value={day}>
                  {formatDay(day, 'UTC', t.language)}
                </option>
              ))}
            </select>
            <input
              {...props}
              className="input"
              inputMode="numeric"
              autoComplete="off"
              placeholder="17:00"
              value={form.time}
              onChange={(event) => set({ time: event.target.value })}
            />
          </span>
        )}
      </FormField>
      <FormField label={t('signal.duration')}>
        {(props) => (
          <select
            {...props}
            className="input"
            value={form.minutes}
            onChange={(event) => set({ minutes: Number(event.target.value) })}
          >
            {DURATIONS_MIN.map((minutes) => (
              <option key={minutes} value={minutes}>
                {t('signal.minutes', { n: minutes })}
              </option>
            ))}
          </select>
        )}
      </FormField>
    </div>
  )
}

export function IdentityFields({ form, set, error }: PartProps) {
  const t = useT()
  return (
    <div className="form-row">
      <FormField
        label={t('signal.reference')}
        hint={t('signal.referenceHelp')}
        error={error('reference')}
      >
        {(props) => (
          <input
            {...props}
            className="input"
            autoComplete="off"
            value={form.reference}
            onChange={(event) => set({ reference: event.target.value })}
          />
        )}
      </FormField>
      <FormField
        label={t('signal.priority')}
        hint={t('signal.priorityHelp')}
        error={error('priority')}
      >
        {(props) => (
          <input
            {...props}
            className="input"
            inputMode="numeric"
            value={form.priority}
            onChange={(event) => set({ priority: event.target.value })}
          />
        )}
      </FormField>
    </div>
  )
}
