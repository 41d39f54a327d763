import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { readYaml } from '../../../src/apiserver/handlers/yaml-body.ts';
import { configMap, configMaps, TestServer } from '../test-server.ts';

const lines = (count: number) => Array.from({ length: count }, (_, i) => `  key-${i}: "value ${i}"\n`).join('');
const large = (name: string, more = '') => `metadata:\n  name: ${name}\ndata:\n${lines(3000)}${more}`;

describe('YAML bodies', () => {
  it('are what Kubernetes takes them for', async () => {
    const { json } = await readYaml(Buffer.from('a: 0644\nb: on\nc: 2020-01-01\nd: ~\ne: "1"\n'));
    expect(JSON.parse(json)).to.deep.equal({ a: 420, b: true, c: '2020-01-01', d: null, e: '1' });
  });

  it('say what is wrong with them, small and large', async () => {
    for (const text of ['a: [', `${large('x')}a: [`]) {
      const error: unknown = await readYaml(Buffer.from(text)).catch((thrown: unknown) => thrown);
      expect(String(error)).to.match(/error converting YAML to JSON: .*line \d+/);
    }
  });

  it('tell of doubled keys, small and large', async () => {
    expect((await readYaml(Buffer.from('a: 1\nb: 2\na: 3\n'))).doubled).to.deep.equal([
      'line 3: key "a" already set in map',
    ]);
    const { doubled } = await readYaml(Buffer.from(large('x', '  key-7: ""\n')));
    expect(doubled).to.deep.equal(['line 3004: key "key-7" already set in map']);
  });

  it('do not keep a process from ending', async () => {
    const module = new URL('../../../src/apiserver/handlers/yaml-body.ts', import.meta.url).href;
    const code = `const { readYaml } = await import(${JSON.stringify(module)});
      const wait = setInterval(() => {}, 1000);
      const { json } = await readYaml(Buffer.from('a: 1\\n'.padEnd(40_000)));
      console.log(json);
      clearInterval(wait);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
      timeout: 15_000,
    });
    expect(stdout).to.equal('{"a":1}\n');
  });

  it('leave the event loop to others when they are large', async () => {
    const api = new TestServer();
    await api.server.start();
    await api.post(configMaps, configMap('a'));
    const order: string[] = [];
    const headers = { 'content-type': 'application/yaml' };
    const posted = api.post(configMaps, large('large'), headers).then((answer) => {
      order.push('large');
      return answer;
    });
    await api.get(`${configMaps}/a`).then(() => order.push('get'));
    const { status, body } = await posted;
    expect([status, Object.keys(body.data).length]).to.deep.equal([201, 3000]);
    expect(order).to.deep.equal(['get', 'large']);
    const applied = await api.call('PATCH', `${configMaps}/applied?fieldManager=m`, applyBody(), {
      headers: { 'content-type': 'application/apply-patch+yaml' },
    });
    expect([applied.status, Object.keys(applied.body.data).length]).to.deep.equal([201, 3000]);
    await api.close();
  });
});

function applyBody(): string {
  return `apiVersion: v1\nkind: ConfigMap\n${large('applied')}`;
}
