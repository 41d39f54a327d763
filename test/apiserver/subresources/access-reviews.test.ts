import { expect } from 'chai';
import { TestServer } from '../test-server.ts';

const base = '/apis/authorization.k8s.io/v1';
const resourceAttributes = { verb: 'get', resource: 'pods', namespace: 'default' };
const nonResourceAttributes = { verb: 'get', path: '/x' };

describe('access reviews', () => {
  let api: TestServer;

  before(async () => {
    api = new TestServer();
    await api.server.start();
  });
  after(() => api.close());

  const wrong: [string, object, string[]][] = [
    [
      'subjectaccessreviews',
      { user: 'x' },
      [
        'spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
      ],
    ],
    [
      'subjectaccessreviews',
      { resourceAttributes },
      ['spec.user: Invalid value: "": at least one of user or group must be specified'],
    ],
    [
      'selfsubjectaccessreviews',
      { resourceAttributes, nonResourceAttributes },
      ['cannot be specified in combination with resourceAttributes'],
    ],
    [
      'namespaces/other/localsubjectaccessreviews',
      { user: 'x', resourceAttributes },
      ['must match metadata.namespace'],
    ],
    [
      'namespaces/default/localsubjectaccessreviews',
      { user: 'x', nonResourceAttributes },
      ['disallowed on this kind of request'],
    ],
  ];
  for (const [path, spec, messages] of wrong) {
    it(`refuse ${path} with ${Object.keys(spec).join(' and ')}`, async () => {
      const { status, body } = await api.post(`${base}/${path}`, { spec });
      expect(status).to.equal(422);
      for (const message of messages) expect(body.message).to.contain(message);
    });
  }

  it('answer about a namespace', async () => {
    const spec = { user: 'x', groups: ['system:authenticated'], resourceAttributes };
    const { status, body } = await api.post(`${base}/namespaces/default/localsubjectaccessreviews`, { spec });
    expect([status, body.status.allowed]).to.deep.equal([201, true]);
  });

  it('list rules for a namespace, and only for one', async () => {
    const none = await api.post(`${base}/selfsubjectrulesreviews`, { spec: {} });
    expect([none.status, none.body.message]).to.deep.equal([400, 'no namespace on request']);
    const { body } = await api.post(`${base}/selfsubjectrulesreviews`, { spec: { namespace: 'default' } });
    expect(body.status).to.deep.equal({
      resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
      nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
      incomplete: false,
    });
  });
});
