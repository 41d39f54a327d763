import { expect } from 'chai';
import { definitionOf, protobuf } from '../../src/api/protobuf.ts';
import { defineKind } from '../../src/apimachinery/kind.ts';
import { kinds } from '../../src/api/index.ts';
import { openEnvelope, protobufType, sealEnvelope } from '../../src/apimachinery/protobuf/envelope.ts';
import { KindRegistry } from '../../src/apimachinery/registry.ts';
import { negotiate } from '../../src/apiserver/handlers/negotiate.ts';
import { admin, configMap, configMaps, pod, pods, TestServer } from './test-server.ts';

const deployments = '/apis/apps/v1/namespaces/default/deployments';
const podDefinition = 'io.k8s.api.core.v1.Pod';
/** As client-go sends it. */
const accept = `${protobufType},application/json`;
const custom = defineKind({
  group: 'example.com',
  version: 'v1',
  kind: 'CronTab',
  plural: 'crontabs',
  namespaced: true,
  definition: 'com.example.v1.CronTab',
});

interface Answer {
  status: number;
  type: string;
  body: Buffer;
}

function document({ apiVersion, kind, ...object }: any): Buffer {
  return sealEnvelope(apiVersion, kind, [protobuf().encode(definitionOf(apiVersion, kind)!, object)]);
}

function read(bytes: Buffer): any {
  const { apiVersion, kind, raw } = openEnvelope(bytes);
  return { apiVersion, kind, ...protobuf().decode(definitionOf(apiVersion, kind)!, raw) };
}

const deployment = (more: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'x' }] } },
    ...more,
  },
});

describe('protobuf through the API', () => {
  let api: TestServer;

  beforeEach(async () => {
    api = new TestServer();
    await api.server.start();
  });
  afterEach(() => api.close());

  async function call(method: string, url: string, body?: Buffer, headers: object = {}): Promise<Answer> {
    const response = await api.server.exchange(admin)({
      method,
      url,
      headers: { accept, ...(body && { 'content-type': protobufType }), ...headers },
      body,
      signal: undefined,
    });
    const chunks: Buffer[] = [];
    for await (const chunk of response.body) chunks.push(chunk);
    return { status: response.status, type: String(response.headers['content-type']), body: Buffer.concat(chunks) };
  }

  const post = (url: string, object: object) => call('POST', url, document(object));

  it('takes an object and gives it back', async () => {
    const created = await post(deployments, deployment());
    expect(created).to.include({ status: 201, type: protobufType });
    const object = read(created.body);
    expect(object).to.include({ apiVersion: 'apps/v1', kind: 'Deployment' });
    expect(object.spec).to.include({ replicas: 0, revisionHistoryLimit: 10 });
    expect(object).to.deep.equal((await api.get(`${deployments}/web`)).body);
    expect((await call('GET', `${deployments}/web`)).body).to.deep.equal(created.body);
  });

  it('updates and patches', async () => {
    const object = read((await post(deployments, deployment())).body);
    object.spec.paused = true;
    const updated = await call('PUT', `${deployments}/web`, document(object));
    expect(read(updated.body).spec.paused).to.equal(true);
    const patch = Buffer.from('{"spec":{"paused":null}}');
    const patched = await call('PATCH', `${deployments}/web`, patch, {
      'content-type': 'application/merge-patch+json',
    });
    expect(patched).to.include({ status: 200, type: protobufType });
    expect(read(patched.body).spec).not.to.have.property('paused');
    expect((await call('PATCH', `${deployments}/web`, document(object))).status).to.equal(415);
  });

  it('lists with the same bytes as get, and tells where to go on', async () => {
    for (const name of ['a', 'b', 'c']) await api.post(configMaps, configMap(name, { data: { k: name } }));
    const answer = await call('GET', `${configMaps}?limit=2`);
    expect(answer).to.include({ status: 200, type: protobufType });
    const list = read(answer.body);
    expect(list).to.include({ apiVersion: 'v1', kind: 'ConfigMapList' });
    expect(list.items.map((m: any) => m.data)).to.deep.equal([{ k: 'a' }, { k: 'b' }]);
    expect(list.metadata.continue).to.be.a('string').and.not.equal('');
    expect(list.metadata.remainingItemCount).to.equal(1);
    const { raw } = openEnvelope((await call('GET', `${configMaps}/a`)).body);
    expect(answer.body.includes(raw)).to.equal(true);
  });

  it('deletes with options, and answers with the object or a Status', async () => {
    await api.post(pods, pod('p'));
    const options = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: { uid: 'other' } };
    const refused = await call('DELETE', `${pods}/p`, document(options));
    expect(read(refused.body)).to.include({ kind: 'Status', reason: 'Conflict', code: 409 });
    const deleted = await call('DELETE', `${pods}/p`, document({ ...options, preconditions: undefined }));
    expect(deleted.status).to.equal(200);
    expect((await api.get(`${pods}/p`)).status).to.equal(404);
    await api.post(configMaps, configMap('a'));
    const status = await call('DELETE', `${configMaps}/a`);
    expect(read(status.body)).to.include({ kind: 'Status', status: 'Success' });
  });

  it('takes the bodies of subresources and of questions', async () => {
    await post(deployments, deployment());
    const scale = read((await call('GET', `${deployments}/web/scale`)).body);
    expect(scale).to.include({ apiVersion: 'autoscaling/v1', kind: 'Scale' });
    const scaled = await call('PUT', `${deployments}/web/scale`, document({ ...scale, spec: { replicas: 2 } }));
    expect(read(scaled.body).spec).to.deep.equal({ replicas: 2 });
    const review = await post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'SelfSubjectReview',
    });
    expect(read(review.body).status.userInfo).to.include({ username: 'admin' });
    await api.post(pods, pod('p'));
    const evicted = await post(`${pods}/p/eviction`, {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: 'p' },
    });
    expect(read(evicted.body)).to.include({ kind: 'Status', status: 'Success' });
  });

  it('tells of errors in protobuf', async () => {
    const { status, type, body } = await call('GET', `${configMaps}/none`);
    expect({ status, type }).to.deep.equal({ status: 404, type: protobufType });
    expect(read(body)).to.deep.include({
      apiVersion: 'v1',
      kind: 'Status',
      status: 'Failure',
      reason: 'NotFound',
      code: 404,
      message: 'configmaps "none" not found',
      details: { name: 'none', kind: 'configmaps' },
    });
  });

  it('validates like JSON', async () => {
    const answer = await post(deployments, deployment({ replicas: -1 }));
    expect(answer.status).to.equal(422);
    expect(read(answer.body).message).to.contain('spec.replicas: Invalid value: -1');
  });

  describe('refuses a body', () => {
    const good = () => document(configMap('a'));
    const cases: [string, () => Buffer, RegExp][] = [
      ['that is JSON', () => Buffer.from('{}'), /must be of type ConfigMap.*does not begin with "k8s"/],
      ['that is cut off', () => good().subarray(0, 20), /cut off/],
      ['of another kind', () => document(pod('a')), /Pod in version "v1" cannot be handled as a ConfigMap/],
      [
        'of another version',
        () => sealEnvelope('v2', 'ConfigMap', []),
        /no kind "ConfigMap" is registered for version "v2"/,
      ],
      ['whose message is another one', () => sealEnvelope('v1', 'ConfigMap', [Buffer.from([0x08, 1])]), /wire type 0/],
      ['with the key __proto__', () => withKey('__proto__'), /"__proto__" in data is not allowed/],
    ];
    for (const [what, body, message] of cases) {
      it(what, async () => {
        const answer = await call('POST', configMaps, body());
        expect(answer.status).to.equal(400);
        expect(read(answer.body)).to.include({ reason: 'BadRequest' });
        expect(read(answer.body).message).to.match(message);
        expect((await api.get(configMaps)).body.items).to.deep.equal([]);
      });
    }
  });

  it('gives tables as JSON, and names alone in either form', async () => {
    await api.post(configMaps, configMap('a'));
    const as = (form: string) => `as=${form};g=meta.k8s.io;v=v1`;
    const table = `${protobufType};${as('Table')},application/json;${as('Table')}`;
    expect((await call('GET', configMaps, undefined, { accept: table })).type).to.equal('application/json');
    const partial = `${protobufType};${as('PartialObjectMetadataList')}`;
    const names = await call('GET', configMaps, undefined, { accept: partial });
    expect(names.type).to.equal(protobufType);
    expect(read(names.body).items[0].metadata.name).to.equal('a');
  });

  it('has custom resources as JSON only', async () => {
    await api.close();
    api = new TestServer({ kinds: new KindRegistry([...kinds, custom]) });
    await api.server.start();
    const url = '/apis/example.com/v1/namespaces/default/crontabs';
    expect(await call('GET', url)).to.include({ status: 200, type: 'application/json' });
    expect((await call('GET', url, undefined, { accept: protobufType })).status).to.equal(406);
    const refused = await call('POST', url, sealEnvelope('example.com/v1', 'CronTab', []), {
      accept: 'application/json',
    });
    expect(refused.status).to.equal(415);
    expect(JSON.parse(refused.body.toString()).message).to.contain('application/json').and.not.contain('protobuf');
  });

  it('watches in frames of known length', async () => {
    const abort = new AbortController();
    const url = `${configMaps}?watch=1&resourceVersion=0&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`;
    await api.post(configMaps, configMap('a'));
    const watch = await api.server.exchange(admin)({ method: 'GET', url, headers: { accept }, signal: abort.signal });
    expect(watch.headers['content-type']).to.equal(`${protobufType};stream=watch`);
    const events = framesOf(watch.body);
    expect(await events.next()).to.deep.equal(['ADDED', 'ConfigMap', 'a', undefined]);
    const bookmark = await events.next();
    expect(bookmark!.slice(0, 2)).to.deep.equal(['BOOKMARK', 'ConfigMap']);
    expect(bookmark![3]).to.deep.equal({ 'k8s.io/initial-events-end': 'true' });
    await api.post(configMaps, configMap('b'));
    await api.patch(`${configMaps}/b`, 'merge-patch', { data: { k: 'v' } });
    await api.delete(`${configMaps}/b`);
    for (const type of ['ADDED', 'MODIFIED', 'DELETED'])
      expect(await events.next()).to.deep.equal([type, 'ConfigMap', 'b', undefined]);
    abort.abort();
  });
});

describe('negotiation of protobuf', () => {
  it('needs a kind that has the form', () => {
    expect(negotiate(accept, podDefinition)).to.include({ protobuf: true, form: 'object', contentType: protobufType });
    expect(negotiate(accept, custom.definition)).to.include({ protobuf: false, contentType: 'application/json' });
    expect(negotiate(accept)).to.include({ protobuf: false });
    expect(() => negotiate(protobufType, custom.definition)).to.throw('only the following media types are accepted');
  });

  it('follows the quality', () => {
    expect(negotiate(`${protobufType};q=0.5,application/json`, podDefinition)).to.include({ protobuf: false });
    expect(negotiate(`application/json;q=0.5,${protobufType}`, podDefinition)).to.include({ protobuf: true });
  });
});

/** A ConfigMap whose data has this key, as no encoder of ours would write it. */
function withKey(key: string): Buffer {
  const entry = Buffer.concat([Buffer.from([0x0a, key.length]), Buffer.from(key), Buffer.from([0x12, 0x01, 0x31])]);
  return sealEnvelope('v1', 'ConfigMap', [Buffer.from([0x12, entry.length]), entry]);
}

/** Type, kind, name and annotations of each event. */
async function eventOf(frame: Buffer): Promise<[string, string, string, object | undefined]> {
  const { type } = protobuf().decode('io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent', withoutObject(frame)) as {
    type: string;
  };
  const { kind, metadata } = read(frame.subarray(frame.indexOf('k8s\0')));
  return [type, kind, metadata.name, metadata.annotations];
}

/** The type is the first field: a tag, a length, the text. */
function withoutObject(frame: Buffer): Buffer {
  return frame.subarray(0, 2 + frame[1]!);
}

function framesOf(body: AsyncIterable<Buffer>): {
  next(): Promise<[string, string, string, object | undefined] | undefined>;
} {
  const chunks = body[Symbol.asyncIterator]();
  let rest = Buffer.alloc(0) as Buffer;
  return {
    async next() {
      while (rest.length < 4 || rest.length < 4 + rest.readUInt32BE(0)) {
        const { value, done } = await chunks.next();
        if (done) return undefined;
        rest = Buffer.concat([rest, value]);
      }
      const end = 4 + rest.readUInt32BE(0);
      const frame = rest.subarray(4, end);
      rest = rest.subarray(end);
      return eventOf(frame);
    },
  };
}
