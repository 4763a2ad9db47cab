// Fails the build when a first load of the console weighs more than its budget (gzip, bytes on the wire).
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const BUDGET_BYTES = 300_000
const root = new URL('../../static/', import.meta.url)
const html = readFileSync(new URL('index.html', root))
const styles = []
const files = [...html.toString().matchAll(/(?:src|href)="\/([^"]+)"/g)].map(([, path]) => path)
for (const path of files.filter((name) => name.endsWith('.css')))
  for (const [, font] of readFileSync(new URL(path, root), 'utf8').matchAll(/url\(\/?([^)]+)\)/g))
    styles.push(font)

let total = gzipSync(html).length
for (const path of [...new Set([...files, ...styles])]) {
  const bytes = readFileSync(new URL(path, root))
  const size = path.endsWith('.woff2') ? bytes.length : gzipSync(bytes, { level: 9 }).length
  total += size
  console.log(`${(size / 1000).toFixed(1).padStart(8)} kB  ${path}`)
}
console.log(
  `${(total / 1000).toFixed(1).padStart(8)} kB  first load of ${BUDGET_BYTES / 1000} kB allowed`,
)
if (total > BUDGET_BYTES) {
  console.error('the first load is over its budget')
  process.exit(1)
}
