// Serves ../static and a demo of the API, for working on the console without a hub.
// node mock/server.mjs [--port 8010] [--speed 60] [--stations 60] [--start 2026-06-16T12:00:00Z]
import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { makeApi } from './api.mjs'

const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '8010' },
    speed: { type: 'string', default: '60' },
    stations: { type: 'string', default: '60' },
    start: { type: 'string', default: '2026-06-16T12:00:00Z' },
  },
})
const STATIC = fileURLToPath(new URL('../../static', import.meta.url))
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}
const CSP =
  "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

const api = makeApi({
  start: Date.parse(options.start),
  speed: Number(options.speed),
  count: Number(options.stations),
})

function stream(response) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  let id = 0
  let before = new Map()
  const send = () => {
    const picture = api.picture()
    const texts = new Map(picture.evses.map((evse) => [evse.station_id, JSON.stringify(evse)]))
    const changed = picture.evses.filter(
      (e) => before.get(e.station_id) !== texts.get(e.station_id),
    )
    before = texts
    const data = JSON.stringify({ ...picture, evses: changed })
    response.write(`id: ${id}\nevent: ${id++ ? 'tick' : 'snapshot'}\ndata: ${data}\n\n`)
  }
  send()
  const timer = setInterval(send, 1000)
  response.on('close', () => clearInterval(timer))
}

function serveFile(path, response) {
  let file = join(STATIC, normalize(path))
  if (!file.startsWith(STATIC) || !existsSync(file) || statSync(file).isDirectory())
    file = join(STATIC, 'index.html')
  response.writeHead(200, {
    'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
    'Content-Security-Policy': CSP,
  })
  createReadStream(file).pipe(response)
}

createServer(async (request, response) => {
  const url = new URL(request.url, 'http://localhost')
  if (!url.pathname.startsWith('/api/v1/')) return serveFile(url.pathname, response)
  const path = url.pathname.slice('/api/v1'.length)
  if (path === '/stream') return api.signedIn() ? stream(response) : response.writeHead(401).end()
  let text = ''
  for await (const chunk of request) text += chunk
  const [status, answer] = api.route(
    request.method,
    path,
    url.searchParams,
    text ? JSON.parse(text) : {},
  )
  const type = status >= 400 ? 'application/problem+json' : 'application/json'
  response.writeHead(status, { 'Content-Type': type }).end(JSON.stringify(answer))
}).listen(Number(options.port), '127.0.0.1', function () {
  console.log(`http://127.0.0.1:${this.address().port}  (any user, password "demo")`)
})
