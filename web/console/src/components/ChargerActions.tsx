/** What an operator can have a station do: each asks first, is sent once, and shows its result. */

import * as Menu from '@radix-ui/react-dropdown-menu'
import { useQuery } from '@tanstack/react-query'
import {
  Ban,
  CircleCheck,
  Gauge,
  type LucideIcon,
  Power,
  RotateCcw,
  Square,
  Zap,
} from 'lucide-react'
import { useRef, useState } from 'react'
import { get, newKey, post } from '@/lib/api'
import { isKey, type Key, useT } from '@/lib/i18n'
import { useMay } from '@/lib/session'
import type { Command, Evse, Station } from '@/lib/types'
import { Problem } from './Confirm'
import { Dialog } from './Dialog'

interface Action {
  id: string
  label: Key
  help: Key
  icon: LucideIcon
  danger?: boolean
  needsTransaction?: boolean
  kind: string
  payload: (evse: Evse) => Record<string, unknown>
}

const ACTIONS: Action[] = [
  {
    id: 'stop',
    label: 'act.stop',
    help: 'act.stopHelp',
    icon: Square,
    danger: true,
    needsTransaction: true,
    kind: 'RequestStopTransaction',
    payload: (evse) => ({ transactionId: evse.transaction_id }),
  },
  {
    id: 'meter',
    label: 'act.meter',
    help: 'act.triggerHelp',
    icon: Gauge,
    kind: 'TriggerMessage',
    payload: (evse) => ({ requestedMessage: 'MeterValues', evse: { id: evse.evse_id } }),
  },
  {
    id: 'status',
    label: 'act.status',
    help: 'act.triggerHelp',
    icon: Zap,
    kind: 'TriggerMessage',
    payload: (evse) => ({
      requestedMessage: 'StatusNotification',
      evse: { id: evse.evse_id, connectorId: 1 },
    }),
  },
  {
    id: 'disable',
    label: 'act.disable',
    help: 'act.disableHelp',
    icon: Ban,
    danger: true,
    kind: 'ChangeAvailability',
    payload: (evse) => ({ operationalStatus: 'Inoperative', evse: { id: evse.evse_id } }),
  },
  {
    id: 'enable',
    label: 'act.enable',
    help: 'act.enableHelp',
    icon: CircleCheck,
    kind: 'ChangeAvailability',
    payload: (evse) => ({ operationalStatus: 'Operative', evse: { id: evse.evse_id } }),
  },
  {
    id: 'reset',
    label: 'act.reset',
    help: 'act.resetHelp',
    icon: RotateCcw,
    danger: true,
    kind: 'Reset',
    payload: () => ({ type: 'OnIdle' }),
  },
  {
    id: 'resetNow',
    label: 'act.resetNow',
    help: 'act.resetNowHelp',
    icon: Power,
    danger: true,
    kind: 'Reset',
    payload: () => ({ type: 'Immediate' }),
  },
]

const UNFINISHED: readonly string[] = ['pending', 'sent']
const TONES: Record<string, string> = { confirmed: 'good', refused: 'bad', unknown: 'warn' }
const POLL_MS = 1000

/** Follows a command until the station answered or it ended otherwise. */
function useCommand(sent: Command | null) {
  return useQuery({
    queryKey: ['command', sent?.command_id],
    queryFn: () => get<Command>(`/commands/${sent?.command_id}`),
    enabled: sent !== null,
    initialData: sent ?? undefined,
    refetchInterval: (query) =>
      UNFINISHED.includes(query.state.data?.status ?? 'pending') ? POLL_MS : false,
  }).data
}

function reasonOf(command: Command): string {
  const answer = command.response as { status?: unknown } | null
  return command.reason ?? (typeof answer?.status === 'string' ? answer.status : '–')
}

function Result({ command }: { command: Command }) {
  const t = useT()
  const key = `act.status.${command.status}`
  const tone = TONES[command.status] ?? ''
  return (
    <p className={`result ${tone}`} role="status" data-testid="command-result">
      {isKey(key) ? t(key, { reason: reasonOf(command) }) : command.status}
    </p>
  )
}

interface ConfirmProps {
  action: Action
  station: Station
  evse: Evse
  onClose: () => void
}

function Confirm({ action, station, evse, onClose }: ConfirmProps) {
  const t = useT()
  const key = useRef(newKey())
  const [sent, setSent] = useState<Command | null>(null)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState('')
  const command = useCommand(sent)
  const send = async () => {
    setBusy(true)
    setProblem('')
    const body = {
      station_id: station.station_id,
      evse_id: evse.evse_id,
      kind: action.kind,
      payload: action.payload(evse),
    }
    try {
      setSent(await post<Command>('/commands', body, key.current))
    } catch (error) {
      setProblem(
        t('act.failed', { detail: error instanceof Error ? error.message : String(error) }),
      )
    }
    setBusy(false)
  }
  return (
    <Dialog
      title={t('act.confirm', { action: t(action.label), station: station.station_id })}
      onClose={onClose}
    >
      <p>{t(action.help)}</p>
      {command && <Result command={command} />}
      <Problem text={problem} />
      <footer>
        <button type="button" className="button" onClick={onClose}>
          {t(command ? 'common.close' : 'common.cancel')}
        </button>
        {!command && (
          <button
            type="button"
            className={action.danger ? 'button danger' : 'button primary'}
            data-testid="command-confirm"
            disabled={busy}
            onClick={() => void send()}
          >
            {busy ? t('act.sending') : t('act.run')}
          </button>
        )}
      </footer>
    </Dialog>
  )
}

export function ChargerActions({ station, evse }: { station: Station; evse: Evse }) {
  const t = useT()
  const may = useMay('operator')
  const [chosen, setChosen] = useState<Action | null>(null)
  if (!may) return null
  const blocked = (action: Action) =>
    !evse.connected
      ? t('act.offline')
      : action.needsTransaction && !evse.transaction_id
        ? t('act.noTransaction')
        : null
  return (
    <>
      <Menu.Root modal={false}>
        <Menu.Trigger asChild>
          <button type="button" className="button small" data-testid="charger-actions">
            {t('act.title')}
          </button>
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Content className="menu" align="end" sideOffset={6}>
            {!evse.connected && <Menu.Label className="menu-label">{t('act.offline')}</Menu.Label>}
            {ACTIONS.map((action) => {
              const why = blocked(action)
              return (
                <Menu.Item
                  key={action.id}
                  className="menu-item"
                  disabled={why !== null}
                  title={why ?? undefined}
                  data-testid={`action-${action.id}`}
                  onSelect={() => setChosen(action)}
                >
                  <action.icon size={16} aria-hidden />
                  {t(action.label)}
                </Menu.Item>
              )
            })}
          </Menu.Content>
        </Menu.Portal>
      </Menu.Root>
      {chosen && (
        <Confirm action={chosen} station={station} evse={evse} onClose={() => setChosen(null)} />
      )}
    </>
  )
}
