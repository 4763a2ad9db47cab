// Types of the API from its own description: `npm run types` writes them, `-- --check` only compares.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import openapiTS, { astToString } from 'openapi-typescript'

const project = fileURLToPath(new URL('../../..', import.meta.url))
const target = new URL('../src/lib/api-types.ts', import.meta.url)
const python = process.env.PYTHON ?? '.venv/bin/python'

const described = execFileSync(python, ['-m', 'web.openapi'], { cwd: project, maxBuffer: 1e8 })
const { components } = JSON.parse(described)
// Only the schemas: the console's calls are few and written by hand.
const document = {
  openapi: '3.1.0',
  info: { title: 'V2G Hub', version: '1' },
  paths: {},
  components,
}
const made = `/** Made by \`npm run types\` from the API's own description. */\n\n${astToString(await openapiTS(document))}`

if (!process.argv.includes('--check')) writeFileSync(target, made)
else if (readFileSync(target, 'utf8') !== made) {
  console.error('src/lib/api-types.ts is not what the API describes: run `npm run types`')
  process.exit(1)
}
