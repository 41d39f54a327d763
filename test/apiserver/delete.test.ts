import { expect } from 'chai';
import { protobuf } from '../../src/api/protobuf.ts';
import { sealEnvelope } from '../../src/apimachinery/protobuf/envelope.ts';
import { configMap, configMaps, pod, pods, services, TestServer } from './test-server.ts';

const deployments = '/apis/apps/v1/namespaces/default/deployments';
const invalidOptions = 'DeleteOptions.meta.k8s.io "" is invalid:';
const names = (list: any) => list.items.map((i: any) => i.metadata.name);
const withFinalizers = (name: string, finalizers: string[]) => ({ ...configMap(name), metadata: { name, finalizers } });

const refused: readonly (readonly [query: string, body: unknown, code: number, message: string])[] = [
  [
    'dryRun=foo',
    undefined,
    422,
    `${invalidOptions} dryRun: Unsupported value: []string{"foo"}: supported values: "All"`,
  ],
  [
    '',
    { dryRun: ['All', 'foo'] },
    422,
    `${invalidOptions} dryRun: Unsupported value: []string{"All", "foo"}: supported values: "All"`,
  ],
  [
    'propagationPolicy=x',
    undefined,
    422,
    `${invalidOptions} propagationPolicy: Unsupported value: "x": supported values: "Foreground", "Background", "Orphan", "nil"`,
  ],
  [
    'propagationPolicy=Orphan&orphanDependents=true',
    undefined,
    422,
    `${invalidOptions} propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set`,
  ],
  [
    '',
    { ignoreStoreReadErrorWithClusterBreakingPotential: true, gracePeriodSeconds: 1 },
    422,
    `${invalidOptions} ignoreStoreReadErrorWithClusterBreakingPotential: Invalid value: true: cannot be set together with .gracePeriodSeconds`,
  ],
  ['gracePeriodSeconds=x', undefined, 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
  [
    '',
    { gracePeriodSeconds: 'x' },
    400,
    'DeleteOptions in version "v1" cannot be handled as a DeleteOptions: json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64',
  ],
  [
    '',
    { kind: 'Foo', apiVersion: 'v1' },
    400,
    'the object provided is unrecognized (must be of type DeleteOptions): no kind "Foo" is registered for version "v1"',
  ],
  ['', [], 400, 'the object provided is unrecognized (must be of type DeleteOptions)'],
];

describe('delete', () => {
  let api: TestServer;

  beforeEach(async () => {
    api = new TestServer();
    await api.server.start();
    await api.post(configMaps, configMap('a'));
  });
  afterEach(() => api.close());

  async function runningPod(name: string, more: object = {}): Promise<void> {
    await api.post(pods, { ...pod(name), metadata: { name, ...more } });
    await api.post(`${pods}/${name}/binding`, { metadata: { name }, target: { kind: 'Node', name: 'n1' } });
  }

  for (const [query, body, code, message] of refused) {
    it(`refuses ${query || JSON.stringify(body)}`, async () => {
      const answer = await api.delete(`${configMaps}/a?${query}`, body);
      expect([answer.status, answer.body.message]).to.deep.equal([code, message]);
      expect((await api.get(`${configMaps}/a`)).status).to.equal(200);
    });
  }

  it('takes its options as YAML and protobuf too', async () => {
    const bodies: [string, Buffer | string][] = [
      ['application/yaml', 'dryRun: [All]\n'],
      ['application/vnd.kubernetes.protobuf', protobufOptions({ dryRun: ['All'] })],
    ];
    for (const [type, body] of bodies) {
      const { status } = await api.call('DELETE', `${configMaps}/a`, body, { headers: { 'content-type': type } });
      expect([status, (await api.get(`${configMaps}/a`)).status]).to.deep.equal([200, 200]);
    }
    const wrong = await api.call('DELETE', `${configMaps}/a`, 'x', { headers: { 'content-type': 'text/plain' } });
    expect([wrong.status, wrong.body.message]).to.deep.equal([
      415,
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    ]);
  });

  it('is only tried out when the query says so, whatever the body says', async () => {
    await api.delete(`${configMaps}/a?dryRun=All`, { propagationPolicy: 'Background' });
    expect((await api.get(`${configMaps}/a`)).status).to.equal(200);
  });

  it('answers with a Status, with the object for some kinds, and with what is held', async () => {
    const status = (await api.delete(`${configMaps}/a`)).body;
    expect([status.kind, status.status, status.code]).to.deep.equal(['Status', 'Success', undefined]);
    await api.post(services, { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } });
    expect((await api.delete(`${services}/s`)).body.kind).to.equal('Service');
    await api.post(configMaps, withFinalizers('f', ['example.com/x']));
    const held = await api.delete(`${configMaps}/f`);
    expect([held.status, held.body.kind]).to.deep.equal([200, 'ConfigMap']);
    expect(held.body.metadata).to.include({ deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0 });
    expect((await api.delete(`${configMaps}/f?orphanDependents=false`)).status).to.equal(202);
  });

  it('tells what it expected of the object', async () => {
    const { uid, resourceVersion } = (await api.get(`${configMaps}/a`)).body.metadata;
    const message = async (preconditions: object) =>
      (await api.delete(`${configMaps}/a`, { preconditions })).body.message;
    expect(await message({ uid: 'x' })).to.equal(
      `Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition (x) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    );
    expect(await message({ resourceVersion: '1' })).to.equal(
      `Operation cannot be fulfilled on ConfigMap "a": the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
    );
    const met = await api.delete(`${configMaps}/a`, { preconditions: { uid, resourceVersion } });
    expect(met.body.status).to.equal('Success');
  });

  it('lets a later delete choose another policy while finalizers hold the object', async () => {
    await api.post(configMaps, withFinalizers('f', ['example.com/x']));
    const finalizers = async (query: string) => (await api.delete(`${configMaps}/f?${query}`)).body.metadata.finalizers;
    expect(await finalizers('')).to.deep.equal(['example.com/x']);
    expect(await finalizers('propagationPolicy=Foreground')).to.deep.equal(['example.com/x', 'foregroundDeletion']);
    expect(await finalizers('')).to.deep.equal(['example.com/x', 'foregroundDeletion']);
    expect(await finalizers('propagationPolicy=Orphan')).to.deep.equal(['example.com/x', 'orphan']);
    expect(await finalizers('propagationPolicy=Background')).to.deep.equal(['example.com/x']);
  });

  it('counts the first marking as a change of the generation, and no later one', async () => {
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    const spec = { selector: { matchLabels: { a: 'b' } }, template };
    await api.post(deployments, { metadata: { name: 'd' }, spec });
    const generation = async (query: string) =>
      (await api.delete(`${deployments}/d?${query}`)).body.metadata.generation;
    expect(await generation('propagationPolicy=Foreground')).to.equal(2);
    expect(await generation('propagationPolicy=Orphan')).to.equal(2);
  });

  it('keeps events out of the garbage collector', async () => {
    const events = '/api/v1/namespaces/default/events';
    const involvedObject = { kind: 'Pod', namespace: 'default', name: 'p' };
    await api.post(events, { metadata: { name: 'e' }, involvedObject });
    expect((await api.delete(`${events}/e?propagationPolicy=Foreground`)).body.status).to.equal('Success');
  });

  describe('of a running pod', () => {
    const times = (answer: { body: any }) => {
      const { deletionTimestamp, deletionGracePeriodSeconds } = answer.body.metadata;
      return [deletionGracePeriodSeconds, deletionTimestamp.slice(-6)];
    };

    it('shortens the time that is left by what has passed, and never lengthens it', async () => {
      await runningPod('p');
      expect(times(await api.delete(`${pods}/p`))).to.deep.equal([30, '00:30Z']);
      await api.clock.advance(5000);
      expect(times(await api.delete(`${pods}/p?gracePeriodSeconds=10`))).to.deep.equal([10, '00:10Z']);
      for (const query of ['gracePeriodSeconds=10', 'gracePeriodSeconds=50', '']) {
        expect(times(await api.delete(`${pods}/p?${query}`))).to.deep.equal([10, '00:10Z']);
      }
      expect(times(await api.delete(`${pods}/p?gracePeriodSeconds=-5`))).to.deep.equal([1, '00:01Z']);
      await api.delete(`${pods}/p?gracePeriodSeconds=0`);
      expect((await api.get(`${pods}/p`)).status).to.equal(404);
    });

    it('takes less than nothing as a second', async () => {
      await runningPod('p');
      expect(times(await api.delete(`${pods}/p`, { gracePeriodSeconds: -1 }))).to.deep.equal([1, '00:01Z']);
    });

    it('waits for finalizers after the time is over', async () => {
      await runningPod('p', { finalizers: ['example.com/x'] });
      expect(times(await api.delete(`${pods}/p?gracePeriodSeconds=0`))).to.deep.equal([0, '00:00Z']);
      await api.clock.advance(2000);
      expect(times(await api.delete(`${pods}/p`))).to.deep.equal([0, '00:00Z']);
      const last = await api.patch(`${pods}/p`, 'merge-patch', { metadata: { finalizers: null } });
      expect([last.body.kind, last.body.metadata.finalizers]).to.deep.equal(['Pod', undefined]);
      expect((await api.get(`${pods}/p`)).status).to.equal(404);
    });

    it('does not change what was decided about dependents while it waits', async () => {
      await runningPod('p');
      await api.delete(`${pods}/p`);
      const { body } = await api.delete(`${pods}/p?propagationPolicy=Foreground`);
      expect(body.metadata.finalizers).to.equal(undefined);
    });
  });

  describe('of a collection', () => {
    beforeEach(async () => {
      for (const name of ['x1', 'x2', 'x3']) {
        await api.post(configMaps, { ...configMap(name), metadata: { name, labels: { app: 'x' } } });
      }
    });

    it('answers with what was there, in order', async () => {
      const { status, body } = await api.delete(`${configMaps}?labelSelector=app%3Dx`);
      expect([status, body.kind, ...names(body)]).to.deep.equal([200, 'ConfigMapList', 'x1', 'x2', 'x3']);
      expect(names((await api.get(configMaps)).body))
        .to.include('a')
        .and.not.include('x1');
    });

    it('keeps to a limit, and tries out', async () => {
      expect(names((await api.delete(`${configMaps}?labelSelector=app%3Dx&limit=1&dryRun=All`)).body)).to.deep.equal([
        'x1',
      ]);
      const { body } = await api.delete(`${configMaps}?labelSelector=app%3Dx&limit=1`);
      expect([body.metadata.continue !== undefined, ...names(body)]).to.deep.equal([true, 'x1']);
      expect(names((await api.get(`${configMaps}?labelSelector=app`)).body)).to.deep.equal(['x2', 'x3']);
    });

    it('selects by name, and answers with an empty list when there is nothing', async () => {
      expect(names((await api.delete(`${configMaps}?fieldSelector=metadata.name%3Dx2`)).body)).to.deep.equal(['x2']);
      const nothing = await api.delete(`${configMaps}?labelSelector=none`);
      expect([nothing.status, nothing.body.items]).to.deep.equal([200, []]);
      expect((await api.delete(`${configMaps}?labelSelector=a,,b`)).status).to.equal(400);
      expect(names((await api.get(`${configMaps}?labelSelector=app`)).body)).to.deep.equal(['x1', 'x3']);
    });
  });
});

function protobufOptions(options: object): Buffer {
  const definition = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';
  return sealEnvelope('meta.k8s.io/v1', 'DeleteOptions', [protobuf().encode(definition, options)]);
}
