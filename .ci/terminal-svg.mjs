// Draws a terminal's screen, with its colours as escape sequences on stdin, as an SVG on stdout.
import { readFileSync } from 'node:fs'

const COLUMNS = 100
const WIDTH = 8.4
const HEIGHT = 20
const PADDING = 16
const COLOURS = ['#1f2329', '#e06c75', '#7ec27e', '#d9b45a', '#6aa9e9', '#c58be0', '#5fb7c1', '#dfe3ea']

const escape = text => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')

/** The state after a "select graphic rendition" sequence with these parameters. */
function styled (style, parameters) {
  let next = { ...style }
  for (const code of parameters.split(';').map(Number)) {
    if (code === 0) next = { colour: COLOURS[7], bold: false }
    else if (code === 1) next.bold = true
    else if (code === 22) next.bold = false
    else if (code >= 30 && code <= 37) next.colour = COLOURS[code - 30]
    else if (code >= 90 && code <= 97) next.colour = COLOURS[code - 90]
    else if (code === 39) next.colour = COLOURS[7]
  }
  return next
}

const lines = readFileSync(0, 'utf8').trimEnd().split('\n')
let style = { colour: COLOURS[7], bold: false }
const rows = lines.map((line, row) => {
  let column = 0
  const spans = []
  for (const part of line.split(/(\x1b\[[0-9;]*m)/)) {
    const sequence = /^\x1b\[([0-9;]*)m$/.exec(part)
    if (sequence) {
      style = styled(style, sequence[1])
    } else if (part !== '') {
      const length = [...part].length
      const weight = style.bold ? ' font-weight="bold"' : ''
      if (part.trim() !== '') {
        spans.push(`<text x="${(PADDING + column * WIDTH).toFixed(1)}" y="${PADDING + (row + 1) * HEIGHT - 5}"` +
          ` fill="${style.colour}"${weight} textLength="${(length * WIDTH).toFixed(1)}">${escape(part)}</text>`)
      }
      column += length
    }
  }
  return spans.join('\n')
})

const width = COLUMNS * WIDTH + 2 * PADDING
const height = lines.length * HEIGHT + 2 * PADDING
console.log(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"
  font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14" xml:space="preserve">
<rect width="100%" height="100%" rx="8" fill="${COLOURS[0]}"/>
${rows.filter(row => row !== '').join('\n')}
</svg>`)
