import { expect } from 'chai';
import { configMap, pod, pods, TestServer } from './test-server.ts';

describe('admission on the API server', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = new TestServer({ issueToken: async () => ({ token: 't', expirationTimestamp: '2026-01-01T00:00:00Z' }) });
    await server.server.start();
  });
  afterEach(() => server.close());

  const inGoing = '/api/v1/namespaces/going';

  it('lets nothing new into a namespace that goes, through subresources neither', async () => {
    await server.post('/api/v1/namespaces', { metadata: { name: 'going' } });
    await server.post(`${inGoing}/serviceaccounts`, { metadata: { name: 'a' } });
    await server.post(`${inGoing}/pods`, pod('p'));
    await server.delete(inGoing);
    const attempts: [path: string, body: object][] = [
      ['configmaps', configMap('c')],
      ['serviceaccounts/a/token', { spec: {} }],
      ['pods/p/binding', { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n' } }],
      ['pods/p/eviction', { metadata: { name: 'p' } }],
    ];
    for (const [path, body] of attempts) {
      const answer = await server.post(`${inGoing}/${path}`, body);
      expect(answer.status, path).to.equal(403);
      expect(answer.body.details.causes[0].reason, path).to.equal('NamespaceTerminating');
    }
  });

  it('gives a pod the place of the node that it is bound to', async () => {
    const labels = { 'topology.kubernetes.io/zone': 'z', other: 'x' };
    await server.post('/api/v1/nodes', { metadata: { name: 'n', labels } });
    for (const [name, url] of [
      ['a', `${pods}/a/binding`],
      ['b', '/api/v1/namespaces/default/bindings'],
    ] as const) {
      await server.post(pods, pod(name));
      const bound = await server.post(url, { metadata: { name }, target: { kind: 'Node', name: 'n' } });
      expect(bound.status, bound.text).to.equal(201);
      const { spec, metadata } = (await server.get(`${pods}/${name}`)).body;
      expect(spec.nodeName).to.equal('n');
      expect(metadata.labels).to.deep.equal({ 'topology.kubernetes.io/zone': 'z' });
    }
  });

  it('protects claims and volumes, and marks new nodes', async () => {
    const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
    const made = await server.post('/api/v1/namespaces/default/persistentvolumeclaims', {
      metadata: { name: 'c' },
      spec: claim,
    });
    expect(made.body.metadata.finalizers, made.text).to.deep.equal(['kubernetes.io/pvc-protection']);
    const node = await server.post('/api/v1/nodes', { metadata: { name: 'n' } });
    expect(node.body.spec.taints).to.deep.equal([{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }]);
  });
});
