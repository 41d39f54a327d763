import { expect } from 'chai';
import { TestServer } from '../test-server.ts';

const every = ['create', 'delete', 'get', 'patch', 'update'];
const stream = ['create', 'get'];

describe('discovery of subresources', () => {
  let api: TestServer;

  before(async () => {
    api = new TestServer();
    await api.server.start();
  });
  after(() => api.close());

  const expected: [string, string, string[], object?][] = [
    ['pods/attach', 'PodAttachOptions', stream],
    ['pods/binding', 'Binding', ['create']],
    ['pods/ephemeralcontainers', 'Pod', ['get', 'patch', 'update']],
    ['pods/eviction', 'Eviction', ['create'], { group: 'policy', version: 'v1' }],
    ['pods/exec', 'PodExecOptions', stream],
    ['pods/log', 'Pod', ['get']],
    ['pods/portforward', 'PodPortForwardOptions', stream],
    ['pods/proxy', 'PodProxyOptions', every],
    ['pods/resize', 'Pod', ['get', 'patch', 'update']],
    ['services/proxy', 'ServiceProxyOptions', every],
    ['nodes/proxy', 'NodeProxyOptions', every],
    ['serviceaccounts/token', 'TokenRequest', ['create'], { group: 'authentication.k8s.io', version: 'v1' }],
    ['namespaces/finalize', 'Namespace', ['update']],
    ['replicationcontrollers/scale', 'Scale', ['get', 'patch', 'update'], { group: 'autoscaling', version: 'v1' }],
  ];
  for (const [name, kind, verbs, foreign = {}] of expected) {
    it(`shows ${name}`, async () => {
      const { body } = await api.get('/api/v1');
      const found = body.resources.find((r: any) => r.name === name);
      expect(found).to.deep.include({ kind, verbs, singularName: '', ...foreign });
      expect('group' in found).to.equal('group' in foreign);
    });
  }
});
