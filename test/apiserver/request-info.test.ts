import { expect } from 'chai';
import { parseRequestInfo } from '../../src/apiserver/request-info.ts';

const cases: [method: string, path: string, watch: boolean, expected: object][] = [
  [
    'GET',
    '/api/v1/pods',
    false,
    { verb: 'list', apiGroup: '', apiVersion: 'v1', resource: 'pods', namespace: '', name: '' },
  ],
  ['GET', '/api/v1/pods', true, { verb: 'watch', resource: 'pods' }],
  ['GET', '/api/v1/watch/pods', false, { verb: 'watch', resource: 'pods' }],
  ['HEAD', '/api/v1/namespaces/n/pods/p', false, { verb: 'get', namespace: 'n', resource: 'pods', name: 'p' }],
  ['POST', '/api/v1/namespaces/n/pods', false, { verb: 'create', namespace: 'n', resource: 'pods', name: '' }],
  [
    'POST',
    '/api/v1/namespaces/n/pods/p/binding',
    false,
    { verb: 'create', resource: 'pods', name: 'p', subresource: 'binding' },
  ],
  [
    'DELETE',
    '/apis/apps/v1/namespaces/n/deployments',
    false,
    { verb: 'deletecollection', apiGroup: 'apps', resource: 'deployments' },
  ],
  ['DELETE', '/apis/apps/v1/namespaces/n/deployments/d', false, { verb: 'delete', name: 'd' }],
  ['PUT', '/apis/apps/v1/namespaces/n/deployments/d/status', false, { verb: 'update', subresource: 'status' }],
  ['PATCH', '/api/v1/nodes/n', false, { verb: 'patch', resource: 'nodes', namespace: '', name: 'n' }],
  ['GET', '/api/v1/namespaces', false, { verb: 'list', resource: 'namespaces', namespace: '' }],
  ['GET', '/api/v1/namespaces/n', false, { verb: 'get', resource: 'namespaces', namespace: 'n', name: 'n' }],
  [
    'PUT',
    '/api/v1/namespaces/n/finalize',
    false,
    { verb: 'update', resource: 'namespaces', name: 'n', subresource: 'finalize' },
  ],
  ['GET', '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode', false, { name: 'system:node' }],
  ['GET', '/api/v1/namespaces/n/pods/', false, { verb: 'list', resource: 'pods', name: '' }],
  // An encoded slash is one: no name holds any.
  ['GET', '/api/v1/namespaces/n/pods/a%2Fb', false, { verb: 'get', name: 'a', subresource: 'b' }],
  ['POST', '/api/v1/watch/namespaces/n/pods', false, { verb: 'watch', namespace: 'n', name: '' }],
  ['GET', '/api/v1/watch/namespaces/n/pods/p', false, { verb: 'watch', namespace: 'n', name: 'p' }],
  ['GET', '/api/v1/namespaces/n/pods/p', true, { verb: 'get', name: 'p' }],
  ['constructor', '/api/v1/pods', false, { verb: 'constructor', resource: 'pods' }],
  ['GET', '/api', false, { resourceRequest: false, verb: 'get', path: '/api' }],
  ['GET', '/apis/apps/v1', false, { resourceRequest: false, path: '/apis/apps/v1' }],
  ['GET', '/healthz/etcd', false, { resourceRequest: false, path: '/healthz/etcd' }],
];

describe('what a request wants', () => {
  for (const [method, path, watch, expected] of cases) {
    it(`${method} ${path}${watch ? '?watch' : ''}`, () => {
      expect(parseRequestInfo(method, path, { watch })).to.include(expected);
    });
  }

  const selected: [method: string, selector: string, name: string][] = [
    ['GET', 'metadata.name=a', 'a'],
    ['GET', 'metadata.name==a,status.phase=Running', 'a'],
    ['GET', 'metadata.name!=a', ''],
    ['GET', 'metadata.name=a%b', ''],
    ['GET', 'metadata.name=..', ''],
    ['GET', 'metadata.name', ''],
    ['DELETE', 'metadata.name=a', ''],
  ];
  for (const [method, fieldSelector, name] of selected) {
    it(`${method} of the pods with ${fieldSelector} is about ${JSON.stringify(name)}`, () => {
      for (const watch of [false, true]) {
        const info = parseRequestInfo(method, '/api/v1/namespaces/n/pods', { watch, fieldSelector });
        expect(info).to.include({ name, resource: 'pods' });
      }
    });
  }
});
