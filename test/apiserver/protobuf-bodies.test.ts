import { expect } from 'chai';
import { configMaps, services, TestServer } from './test-server.ts';

/** Writes messages by hand: `[number, value]`, where text and bytes are delimited and numbers are varints. */
function message(...fields: [number, string | Buffer | number][]): Buffer {
  return Buffer.concat(
    fields.flatMap(([number, value]) => {
      if (typeof value === 'number') return [varint(number * 8), varint(value)];
      const bytes = Buffer.from(value);
      return [varint(number * 8 + 2), varint(bytes.length), bytes];
    }),
  );
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

const document = (apiVersion: string, kind: string, raw: Buffer) =>
  Buffer.concat([Buffer.from('k8s\0'), message([1, message([1, apiVersion], [2, kind])], [2, raw])]);

const type = { 'content-type': 'application/vnd.kubernetes.protobuf' };
const metadata = message([1, 'a'], [2, ''], [3, 'default'], [7, 0], [8, ''], [11, message([1, 'app'], [2, 'x'])]);
const deployments = '/apis/apps/v1/namespaces/default/deployments';

describe('protobuf bodies', () => {
  let api: TestServer;

  beforeEach(async () => {
    api = new TestServer();
    await api.server.start();
  });
  afterEach(() => api.close());

  it('mean what the JSON would mean: what is empty is left out', async () => {
    const raw = message([1, metadata], [2, message([1, 'k'], [2, ''])]);
    const { status } = await api.post(configMaps, document('v1', 'ConfigMap', raw), type);
    expect(status).to.equal(201);
    const { body } = await api.get(`${configMaps}/a`);
    expect(body).to.deep.include({ kind: 'ConfigMap', data: { k: '' } });
    expect(body.metadata).to.deep.include({ name: 'a', labels: { app: 'x' } });
    expect(body.metadata).not.to.have.any.keys('generateName', 'generation');
  });

  it('keep a zero that means something', async () => {
    const labels = message([1, message([1, 'app'], [2, 'x'])]);
    const container = message([1, 'c'], [2, 'image']);
    const template = message([1, message([11, message([1, 'app'], [2, 'x'])])], [2, message([2, container])]);
    const raw = message([1, metadata], [2, message([1, 0], [2, labels], [3, template], [5, 0])]);
    const { status } = await api.post(deployments, document('apps/v1', 'Deployment', raw), type);
    expect(status).to.equal(201);
    expect((await api.get(`${deployments}/a`)).body.spec).to.deep.include({ replicas: 0 });
  });

  it('hold ports by number or name', async () => {
    const port = message([1, 'http'], [3, 80], [4, message([1, 1], [2, 0], [3, 'web'])], [5, 0]);
    await api.post(services, document('v1', 'Service', message([1, metadata], [2, message([1, port])])), type);
    expect((await api.get(`${services}/a`)).body.spec.ports).to.deep.equal([
      { name: 'http', port: 80, targetPort: 'web', protocol: 'TCP' },
    ]);
  });

  it('can be the options of a delete', async () => {
    await api.post(configMaps, { metadata: { name: 'a' } });
    const options = document('v1', 'DeleteOptions', message([2, message([1, 'another-uid'])]));
    expect((await api.call('DELETE', `${configMaps}/a`, options, { headers: type })).status).to.equal(409);
  });

  it('that are damaged are refused', async () => {
    const good = document('v1', 'ConfigMap', message([1, metadata]));
    for (const bytes of [Buffer.from('{}'), good.subarray(0, -3), document('v1', 'ConfigMap', Buffer.from([255]))]) {
      const { status, body } = await api.post(configMaps, bytes, type);
      expect([status, body.reason]).to.deep.equal([400, 'BadRequest']);
    }
  });
});
