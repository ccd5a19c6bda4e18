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

console.log('added before the response, medians:');
for (const [name, nodeNs] of Object.entries(node)) {
  const estimates = join(target_directory, 'criterion/added before the response', name, 'new/estimates.json');
  const daybookNs = JSON.parse(readFileSync(estimates, 'utf8')).median.point_estimate;
  const ratio = (daybookNs / nodeNs).toFixed(4);
  console.log(`  ${name}: Daybook ${(daybookNs / 1_000).toFixed(2)} µs, middy ${(nodeNs / 1_000).toFixed(0)} µs, ratio ${ratio}`);
}
