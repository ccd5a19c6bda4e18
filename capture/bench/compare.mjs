// Runs both benchmarks and prints what each adds to a response: both by the clock on the wall, both as the median over
// batches of 32 calls of the same event.
//
//   node compare.mjs

import { execFileSync } from 'node:child_process';

const here = import.meta.dirname;

function json(program, ...parameters) {
  return JSON.parse(execFileSync(program, parameters, { cwd: here, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
}

const node = json('node', 'middy.mjs');
const daybook = json('cargo', 'bench', '--quiet', '--package', 'daybook-capture', '--bench', 'layer', '--', '--wall-clock');

const us = (ns) => `${(ns / 1_000).toFixed(2)} µs`;

console.log('added to a call before its response, wall clock, medians over batches of 32 calls;');
console.log('middy has no after, so Daybook with its after stands beside it:');
for (const [name, nodeNs] of Object.entries(node)) {
  const { before, after } = daybook[name];
  const all = before + after;
  console.log(
    `  ${name}: Daybook ${us(before)} (${us(all)} with what comes after), middy ${us(nodeNs)}, ` +
      `ratio ${(before / nodeNs).toFixed(4)} (${(all / nodeNs).toFixed(3)})`,
  );
}
