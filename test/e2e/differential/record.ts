/**
 * Sends the corpus to a server of the Kubernetes API and keeps what it says in `recorded.json`, for those who have no
 * such server at hand. Usage: node test/e2e/differential/record.ts URL TOKEN
 */
import { writeFileSync } from 'node:fs';
import { corpus } from './corpus/index.ts';
import { recordedFile, type Recorded } from './recorded.ts';
import { run } from './run.ts';
import { disconnect, referenceScenario } from './server.ts';

const [url = '', token = ''] = process.argv.slice(2);
const recorded: Record<string, Recorded> = {};
for (const scenario of corpus) {
  const outcomes = await run({ url, token }, referenceScenario(scenario));
  recorded[scenario.name] = Object.fromEntries(outcomes);
}
disconnect();
const lines = Object.entries(recorded).map(
  ([name, outcomes]) =>
    `${JSON.stringify(name)}: {\n${Object.entries(outcomes)
      .map(([step, outcome]) => `${JSON.stringify(step)}: ${JSON.stringify(outcome)}`)
      .join(',\n')}\n}`,
);
writeFileSync(recordedFile, `{\n${lines.join(',\n')}\n}\n`);
