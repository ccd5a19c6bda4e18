// Runs both benchmarks and prints what each adds to a response.
//
//   node compare.mjs

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;

function run(program, ...parameters) {
  return execFileSync(program, parameters, { cwd: here, encoding: 'utf8', maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'inherit'] });
}

const node = JSON.parse(run('node', 'middy.mjs'));
console.log(run('cargo', 'bench', '--quiet', '--package', 'daybook-capture', '--bench', 'layer'));
const { target_directory } = JSON.parse(run('cargo', 'metadata', '--no-deps', '--format-version', '1'));

function medianNs(group, name) {
  const estimates = join(target_directory, 'criterion', group, name, 'new/estimates.json');
  return JSON.parse(readFileSync(estimates, 'utf8')).median.point_estimate;
}

const us = (ns) => `${(ns / 1_000).toFixed(2)} µs`;

console.log('added before the response, medians; middy has no after, so Daybook with its after stands beside it:');
for (const [name, nodeNs] of Object.entries(node)) {
  const before = medianNs('added before the response', name);
  const all = before + medianNs('added after the response, the sending stubbed', name);
  console.log(
    `  ${name}: Daybook ${us(before)} (${us(all)} with what comes after), middy ${us(nodeNs)}, ` +
      `ratio ${(before / nodeNs).toFixed(4)} (${(all / nodeNs).toFixed(3)})`,
  );
}
