import { expect } from 'chai';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { kinds } from '../../../src/api/index.ts';
import { KindRegistry } from '../../../src/apimachinery/registry.ts';
import { OpenApi } from '../../../src/apiserver/openapi/openapi.ts';

const apis = join(import.meta.dirname, '../../../node_modules/@kubernetes/client-node/dist/gen/apis');

/** One call of a client that was generated from upstream's document. */
interface Call {
  /** `readNamespacedPod` of `CoreV1Api` */
  readonly name: string;
  readonly path: string;
  readonly method: string;
  readonly query: string[];
}

function callsOf(file: string): Call[] {
  const text = readFileSync(file, 'utf8').split(/export class \w+ResponseProcessor/)[0]!;
  return text
    .split(/\n {4}async (?=\w+\()/)
    .slice(1)
    .flatMap((code) => {
      const path = /localVarPath = '([^']+)'/.exec(code)?.[1];
      const method = /HttpMethod\.([A-Z]+)\)/.exec(code)?.[1];
      const query = [...code.matchAll(/setQueryParam\("(\w+)"/g)].map((m) => m[1]!);
      return path && method
        ? [{ name: `${basename(file, '.js')}.${code.slice(0, code.indexOf('('))}`, path, method, query }]
        : [];
    });
}

describe('OpenAPI, as a generated client knows it', () => {
  const calls = globSync(`${apis}/*Api.js`).flatMap(callsOf);
  let document: any;
  before(async () => {
    document = JSON.parse((await new OpenApi(new KindRegistry(kinds)).v2Document()).body.toString());
  });
  const served = new Set(kinds.map((k) => (k.group ? `/apis/${k.group}/${k.version}/` : `/api/${k.version}/`)));
  const ours = () => calls.filter(({ path }) => [...served].some((prefix) => path.startsWith(prefix)));

  it('finds calls to compare', () => {
    expect(ours().length).to.be.greaterThan(600);
  });

  it('has every operation, under the same name and with the same parameters', () => {
    const wrong = ours().flatMap(({ name, path, method, query }) => {
      const item = document.paths[path];
      const operation = item?.[method.toLowerCase()];
      if (!operation) return [`${method} ${path} is missing`];
      const [api, call] = name.split('.') as [string, string];
      const word = /^(?:connect(?:Get|Post|Put|Patch|Delete|Head|Options)|[a-z]+)/.exec(call)![0];
      const group = api.replace(/Api$/, '');
      const expected = word.startsWith('connect')
        ? `connect${group}${call.slice('connect'.length)}`
        : word + group + call.slice(word.length);
      if (operation.operationId !== expected) return [`${operation.operationId} should be ${expected}`];
      const names = [...(item.parameters ?? []), ...(operation.parameters ?? [])].filter((p: any) => p.in === 'query');
      const have = names.map((p: any) => p.name).toSorted();
      return JSON.stringify(have) === JSON.stringify(query.toSorted())
        ? []
        : [`${call}: ${have.join()} for ${query.join()}`];
    });
    expect(wrong.join('\n')).to.equal('');
  });
});
