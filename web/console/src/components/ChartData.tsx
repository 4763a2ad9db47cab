/** The numbers behind a chart: as a table on the page, or as a CSV file. */

import { Download, Table } from 'lucide-react'
import { formatNumber } from '@/lib/format'
import { useT } from '@/lib/i18n'
import { toLocalInput } from '@/lib/time'

export interface Column {
  /** Machine name with unit, for the file. */
  name: string
  label: string
  values: (number | null | undefined)[]
}

export interface ChartTable {
  at: number[]
  columns: Column[]
}

function download(name: string, table: ChartTable) {
  const head = ['at', ...table.columns.map((column) => column.name)].join(',')
  const rows = table.at.map((at, row) =>
    [new Date(at * 1000).toISOString(), ...table.columns.map((c) => c.values[row] ?? '')].join(','),
  )
  const blob = new Blob([[head, ...rows, ''].join('\n')], { type: 'text/csv' })
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}

interface ToolsProps {
  file: string
  table: () => ChartTable
  asTable: boolean
  onToggle: () => void
}

export function ChartTools({ file, table, asTable, onToggle }: ToolsProps) {
  const t = useT()
  const toggle = asTable ? t('common.showChart') : t('common.showTable')
  return (
    <span className="tools">
      <button
        type="button"
        className="button quiet small icon"
        aria-pressed={asTable}
        aria-label={toggle}
        title={toggle}
        onClick={onToggle}
      >
        <Table size={15} aria-hidden />
      </button>
      <button
        type="button"
        className="button quiet small icon"
        aria-label={t('common.csv')}
        title={t('common.csv')}
        onClick={() => download(file, table())}
      >
        <Download size={15} aria-hidden />
      </button>
    </span>
  )
}

/** Powers in kW, one row per time. */
export function DataTable({ table, zone }: { table: ChartTable; zone: string }) {
  const t = useT()
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <div className="data-table" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('common.time')}</th>
            {table.columns.map((column) => (
              <th key={column.name} scope="col" className="num">
                {column.label}, kW
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.at.map((at, row) => (
            <tr key={at}>
              <td>{toLocalInput(at * 1000, zone).replace('T', ' ')}</td>
              {table.columns.map((column) => (
                <td key={column.name} className="num">
                  {formatNumber(column.values[row] == null ? null : column.values[row] / 1000, 1)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
